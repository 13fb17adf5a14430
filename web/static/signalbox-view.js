// <signalbox-view> shows a page of Signalbox in another one: docs/EMBEDDING.md.
customElements.define('signalbox-view', class extends HTMLElement {
  static observedAttributes = ['q', 'theme', 'accent', 'src', 'view', 'density', 'tz', 'rows', 'token-endpoint'];

  #frame;
  #origin;
  #timer;
  #build; // of the page
  #wait = 1; // seconds
  #turn = 0; // grows with each page that is loaded
  #hears = (e) => this.#hear(e);

  connectedCallback() {
    addEventListener('message', this.#hears);
    this.load();
  }

  disconnectedCallback() {
    removeEventListener('message', this.#hears);
    this.#clear();
  }

  attributeChangedCallback(name, before, now) {
    if (!this.#turn || !this.isConnected || before === now) return;
    if (name === 'q') this.#post({ type: 'filter', q: now || '' });
    else if (name === 'theme' || name === 'accent') {
      const mode = this.getAttribute('theme');
      this.#post({ type: 'theme', mode: /^(light|dark)$/.test(mode) ? mode : 'system', accent: this.getAttribute('accent') || '' });
    } else this.load();
  }

  get view() { return this.getAttribute('view') || 'sessions'; }

  // Resolves to a signed token; a page may put its own function here.
  async getToken(view, id) {
    const answer = await fetch(this.getAttribute('token-endpoint'), {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ view, id }),
    });
    if (!answer.ok) throw Error(`the token endpoint answers ${answer.status}`);
    return (await answer.json()).token;
  }

  load() {
    this.#clear();
    this.#token((token) => {
      const base = new URL(this.getAttribute('src').replace(/\/$/, ''), document.baseURI);
      const page = new URL(`${base}/embed/${this.view}`.replace(/([^:])\/\//, '$1/'));
      page.searchParams.set('key', JSON.parse(atob(token.split('.')[0].replace(/-/g, '+').replace(/_/g, '/'))).kid);
      for (const { name, value } of this.attributes) if (/^(q|theme|accent|density|tz|rows)$/.test(name)) page.searchParams.set(name, value);
      page.hash = `t=${token}`;
      this.#origin = page.origin;
      const frame = this.#frame = document.createElement('iframe');
      frame.title = this.title || 'Signalbox';
      frame.allow = 'clipboard-write';
      Object.assign(frame.style, { display: 'block', width: '100%', height: '160px', border: 0 });
      frame.src = page;
      this.append(frame);
    });
  }

  #clear() {
    this.#turn++;
    clearTimeout(this.#timer);
    this.#frame?.remove();
    this.#frame = null;
  }

  // Hands a token to use, unless another page is loaded by then.
  async #token(use) {
    const turn = this.#turn;
    try {
      const token = await this.getToken(...this.view.split('/').map(decodeURIComponent));
      if (turn === this.#turn) use(token);
    } catch ({ message }) {
      if (turn !== this.#turn) return;
      this.#tell('error', { message });
      this.#again();
    }
  }

  #again() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#frame ? this.#renew() : this.load()), this.#wait * 1e3);
    this.#wait = Math.min(this.#wait * 2, 60);
  }

  #renew() { this.#token((jws) => this.#post({ type: 'token', jws })); }

  #post(message) { this.#frame?.contentWindow.postMessage({ v: 1, ...message }, this.#origin); }

  #tell(kind, detail) { this.dispatchEvent(new CustomEvent(`signalbox-${kind}`, { detail, bubbles: true })); }

  #hear({ source, origin, data }) {
    if (source !== this.#frame?.contentWindow || origin !== this.#origin || data?.v !== 1) return;
    if (data.type === 'resize' && data.height > 0) this.#frame.style.height = `${+data.height}px`;
    else if (data.type === 'ready') {
      if (this.#build && this.#build !== data.version) this.load(); // there is a newer one
      this.#build = data.version;
      this.#wait = 1;
    } else if (data.type === 'auth-expiring') {
      if (data.in > 0) this.#renew();
      else this.#again(); // it was refused, or came too late
    }
    this.#tell(data.type, data);
  }
});
