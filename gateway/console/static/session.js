// Who is logged in, and calls to the server.

const SESSION_KEY = "server5k.session";
/** How long a call may take, in ms, and how early before its end a token is renewed. */
const CALL_MS = 15000, RENEW_MS = 120000;

/** An answer of the server that is no success. `status` is 0 when there was none. */
class CallError extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter || 0; // seconds
  }
}

const call = async (method, path, body, token) => {
  const abort = new AbortController(), timer = setTimeout(() => abort.abort(), CALL_MS);
  try {
    const headers = { Accept: "application/json", "Accept-Language": language };
    if (body) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = "Bearer " + token;
    const answer = await fetch(path, { method, headers, body: body ? JSON.stringify(body) : undefined, signal: abort.signal, cache: "no-store", credentials: "omit" });
    const text = await answer.text();
    let data = null;
    try { data = text ? JSON.parse(text) : null; } catch (_) { /* a proxy's page */ }
    if (!answer.ok) throw new CallError(answer.status, (data && (data.error || data.detail)) || "", Number(answer.headers.get("Retry-After")));
    return data;
  } catch (e) {
    if (e instanceof CallError) throw e;
    throw new CallError(0, "");
  } finally {
    clearTimeout(timer);
  }
};

/** The claims of a token, unverified: the server verifies. */
const claimsOf = (token) => {
  try {
    const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(part));
  } catch (_) {
    return {};
  }
};

/**
 * Session holds the tokens of a judge. They stay in localStorage: a race is longer than a page
 * lives, a reload without network must come back to the same judge, and only a script can open a
 * socket with them. No script but ours runs here (CSP), and the access token lives an hour.
 */
class Session {
  constructor() {
    this.data = null; // {judge: {id, username, name}, access, refresh, until}
    this.ended = false; // the server takes these tokens no more; the judge has to log in again
    this.renewing = null;
    try { this.data = JSON.parse(localStorage.getItem(SESSION_KEY)); } catch (_) { /* none */ }
  }

  get judge() { return this.data ? this.data.judge : null; }

  keep() {
    try {
      if (this.data) localStorage.setItem(SESSION_KEY, JSON.stringify(this.data));
      else localStorage.removeItem(SESSION_KEY);
    } catch (_) { /* until the page closes */ }
  }

  take(access) {
    const c = claimsOf(access);
    // By the length of its life: the clock of this phone may be minutes off.
    this.data.access = access;
    this.data.until = Date.now() + Math.max(60, (c.exp || 0) - (c.iat || 0)) * 1000;
    this.keep();
  }

  /** Logs in with {username, password} or {codigo}. Throws CallError. */
  async login(fields) {
    const pair = await call("POST", fields.codigo ? "/api/login/codigo/" : "/api/login/", fields);
    const me = await call("GET", "/api/me/", null, pair.access);
    this.data = { judge: { id: me.id, username: me.username, name: me.full_name || me.username }, refresh: pair.refresh };
    this.ended = false;
    this.take(pair.access);
  }

  /** The access token, renewed when it is about to end or `stale` names the one refused; null when there is none to be had. */
  async token(stale) {
    if (!this.data || this.ended) return null;
    if (this.data.access !== stale && Date.now() < this.data.until - RENEW_MS) return this.data.access;
    if (!this.renewing) {
      this.renewing = call("POST", "/api/token/refresh/", { refresh: this.data.refresh })
        .then((r) => this.take(r.access))
        .catch((e) => { if (e.status === 401 || e.status === 400) this.ended = true; else if (this.data.access === stale) throw e; })
        .then(() => { this.renewing = null; }, (e) => { this.renewing = null; throw e; });
    }
    await this.renewing;
    return this.ended ? null : this.data && this.data.access;
  }

  /** Calls as the judge. A refused token is renewed once. Throws CallError. */
  async call(method, path, body) {
    let token = await this.token();
    if (!token) throw new CallError(401, "");
    try {
      return await call(method, path, body, token);
    } catch (e) {
      if (e.status !== 401) throw e;
    }
    token = await this.token(token);
    if (!token) throw new CallError(401, "");
    return call(method, path, body, token);
  }

  /** Forgets the judge here, and on the server when it can be reached. */
  async logout() {
    const d = this.data;
    this.data = null;
    this.ended = false;
    this.keep();
    if (d) await call("POST", "/api/logout/", { refresh: d.refresh }, d.access).catch(() => {});
  }
}
