// What a page can do with <signalbox-view>: hear its events, change its attributes.
const view = document.querySelector('signalbox-view');

for (const kind of ['ready', 'resize', 'navigate', 'select', 'action', 'stale', 'auth-expiring', 'error']) {
  view.addEventListener(`signalbox-${kind}`, ({ detail }) => {
    const line = document.createElement('li');
    line.textContent = `${kind} ${JSON.stringify(detail)}`;
    document.getElementById('events').append(line);
  });
}

// Somebody wants to see a session: this page shows it in the same place.
view.addEventListener('signalbox-navigate', ({ detail }) => {
  const [, id] = detail.path.match(/^\/sessions\/(\d+)/) ?? [];
  if (id) view.setAttribute('view', `session/${id}`);
  else if (detail.path === '/sessions') view.setAttribute('view', 'sessions');
});

document.getElementById('theme').addEventListener('change', ({ target }) => view.setAttribute('theme', target.value));
