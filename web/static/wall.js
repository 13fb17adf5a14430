// Keeps a wall alive. It stands beside the console's program, so that it can
// help when that one no longer can: a page that has not painted for half a minute
// is loaded anew, as soon as the server has one to give. It also keeps the screen
// awake and the pointer out of sight. On other pages than walls it does nothing.
(() => {
  'use strict';
  const patience = 30, loading = 120; // seconds without a painted beat: usually, and until the first one
  const wall = new URL(document.currentScript.src).pathname.replace(/\/web\/wall\.js$/, '/wall');
  const root = document.documentElement;
  let beat, silent = 0, allowed = loading, asking = false, still = 0, lock = null;

  const here = () => location.pathname === wall || location.pathname.startsWith(`${wall}/`);

  // painted is called by the browser when it paints. The program counts its
  // beats in data-beat.
  const painted = () => {
    if (root.dataset.beat === beat) return;
    beat = root.dataset.beat;
    silent = 0;
    allowed = patience;
  };

  const reload = async () => {
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store', signal: AbortSignal.timeout(10000) });
      if (answer.ok) location.reload();
    } catch { // no server: a page of the browser's own would stay for ever
    }
    silent = allowed - 5;
    asking = false;
  };

  const wake = async () => {
    if (lock && !lock.released || !navigator.wakeLock) return;
    lock = { released: false };
    try {
      lock = await navigator.wakeLock.request('screen');
    } catch {
      setTimeout(() => { lock = null; }, 60000);
    }
  };

  const moved = () => {
    still = 0;
    delete root.dataset.still;
  };
  for (const event of ['mousemove', 'mousedown']) addEventListener(event, moved, { passive: true });

  setInterval(() => {
    if (!here()) {
      moved();
      lock?.release?.();
      lock = null;
      silent = 0;
      return;
    }
    if (++still >= 3) root.dataset.still = '';
    if (document.hidden) {
      silent = 0;
      return;
    }
    wake();
    requestAnimationFrame(painted);
    if (++silent >= allowed && !asking) reload();
  }, 1000);
})();
