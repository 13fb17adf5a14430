// Loads the console, in the place of go-app's own script: the browser gets the
// program as the server sends it, so that it may keep what it has compiled of
// it. Meanwhile the server is asked who is here, and for what the page will ask
// for first; app/client finds both in signalboxEarly.
var goappEnv = {{ENV}};
function goappGetenv(name) { return goappEnv[name]; }

var signalboxEarly = (() => {
  const base = goappEnv.GOAPP_ROOT_PREFIX.replace(/\/$/, '');
  const early = { base, who: null, feed: null, asked: '', messages: [] };

  // asks is the view that the page of the address is about, "" when this script
  // does not know it. It is what app/sessions_page.go asks for.
  const asks = () => {
    const at = new URLSearchParams(location.search);
    if (location.pathname.replace(/\/$/, '') !== base + '/sessions') return '';
    return JSON.stringify({
      type: 'subscribe', view: 'sessions', topic: 'sessions', filter: at.get('q') || undefined, sort: at.get('sort') || '-state', limit: 100,
    });
  };

  const connect = () => {
    const feed = new WebSocket(location.protocol.replace('http', 'ws') + '//' + location.host + base + '/v1/ws');
    feed.onmessage = (event) => {
      if (early.messages.push(event.data) > 100) feed.close(); // the program is too long on its way
    };
    feed.onopen = () => {
      early.asked = asks();
      if (early.asked) feed.send(early.asked);
    };
    early.feed = feed;
  };

  early.who = fetch(base + '/v1/whoami', {
    headers: { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' }, cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(20000),
  });
  early.who.then((answer) => { if (answer.ok) connect(); }).catch(() => {}); // the program asks again, and says why not
  return early;
})();

(async () => {
  const loader = document.getElementById('app-wasm-loader');
  const label = document.getElementById('app-wasm-loader-label');

  // count says how much has come. It reads a copy of its own.
  const count = async (body) => {
    const reader = body.getReader();
    for (let n = 0, part = await reader.read(); !part.done; part = await reader.read()) {
      n += part.value.length;
      label.textContent = 'Loading Signalbox ' + Math.min(Math.round(n * 100 / {{SIZE}}), 100) + '%';
    }
  };

  try {
    const go = new Go();
    const answer = await fetch({{WASM}});
    count(answer.clone().body).catch(() => {});
    const { instance } = await WebAssembly.instantiateStreaming(answer, go.importObject);
    go.run(instance);
    loader.remove();
  } catch (err) {
    document.getElementById('app-wasm-loader-icon').className = 'goapp-logo';
    label.textContent = err;
    console.error('the console cannot be loaded:', err);
  }
})();
