// The same without the component: a frame, a token, and messages. Messages of any
// other window and origin are not for us.
const { console: base, key, view } = document.body.dataset;
const frame = document.getElementById('frame');
const { origin } = new URL(base);

async function token() {
  const [name, id = ''] = view.split('/');
  const answer = await fetch('/token', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ view: name, id }),
  });
  return (await answer.json()).token;
}

addEventListener('message', async (event) => {
  if (event.source !== frame.contentWindow || event.origin !== origin || event.data?.v !== 1) return;
  const line = document.createElement('li');
  line.textContent = `${event.data.type} ${JSON.stringify(event.data)}`;
  document.getElementById('events').append(line);
  if (event.data.type === 'resize') frame.style.height = `${Number(event.data.height)}px`;
  if (event.data.type === 'auth-expiring') frame.contentWindow.postMessage({ v: 1, type: 'token', jws: await token() }, origin);
});

token().then((jws) => { frame.src = `${base}/embed/${view}?key=${key}#t=${jws}`; });
