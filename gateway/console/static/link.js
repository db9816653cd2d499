// One socket to the server, opened again and again. No DOM: the socket is made by whoever builds a Link.

/** Bounds of the wait before another try, in ms. A judge should not stand there for long. */
const LEAST_WAIT_MS = 400, MOST_WAIT_MS = 10000;
/** A try that is neither open nor refused after this is given up, in ms. */
const OPEN_MS = 8000;

/**
 * How long to wait before try n (from 0), in ms: twice as long each time, half of it random, since
 * all phones of a field lose the network together. A server that goes down says itself when to
 * come back: "…; retry=1234ms".
 */
const retryDelay = (n, random, reason) => {
  const hint = /retry=(\d{1,6})ms/.exec(reason || "");
  if (hint) return Number(hint[1]);
  const top = Math.min(MOST_WAIT_MS, LEAST_WAIT_MS * Math.pow(2, Math.min(n, 10)));
  return Math.round(top / 2 + random() * top / 2);
};

/**
 * Link keeps one connection. States: "off", "connecting", "open", "waiting" (for the next try).
 */
class Link {
  /**
   * @param {object} o
   * @param {() => Promise<?{url: string, protocols: string[]}>} o.address null: there is nobody to connect as
   * @param {(url: string, protocols: string[]) => WebSocket} o.connect
   * @param {(message: object) => void} o.message
   * @param {(state: string, wasOpen: boolean, code: number) => void} o.state called after each change
   * @param {(f: Function, ms: number) => number} o.later @param {(id: number) => void} o.cancel
   * @param {() => number} o.random
   */
  constructor(o) {
    Object.assign(this, o);
    this.current = "off";
    this.tries = 0;
    this.turn = 0; // what an earlier try still reports is not heard
    this.socket = null;
    this.timer = null;
  }

  start() { if (this.current === "off") this.open(); }

  stop() {
    this.drop();
    this.become("off", false, 0);
  }

  /** Leaves a connection that does not answer and opens another at once. */
  restart() {
    if (this.current === "off") return;
    const was = this.current === "open";
    this.drop();
    this.wait(0, was, 0);
  }

  /** The network may be back: no need to wait any longer. */
  nudge() {
    if (this.current !== "waiting") return;
    this.cancel(this.timer);
    this.open();
  }

  /** @returns {boolean} whether it was handed to the socket */
  send(message) {
    if (this.current !== "open" || this.socket.readyState !== 1) return false;
    try {
      this.socket.send(JSON.stringify(message));
      return true;
    } catch (_) {
      return false;
    }
  }

  open() {
    const turn = ++this.turn;
    this.become("connecting", false, 0);
    this.timer = this.later(() => { if (turn === this.turn) this.lost(turn, 0, ""); }, OPEN_MS);
    this.address().then((a) => {
      if (turn !== this.turn) return;
      if (!a) {
        this.stop();
        return;
      }
      const s = this.socket = this.connect(a.url, a.protocols);
      s.onopen = () => {
        if (turn !== this.turn) return;
        this.cancel(this.timer);
        this.become("open", false, 0);
      };
      s.onmessage = (e) => {
        if (turn !== this.turn) return;
        let m = null;
        try { m = JSON.parse(e.data); } catch (_) { return; }
        if (!m || typeof m !== "object") return;
        this.tries = 0; // only now: a server may take a socket in and close it at once
        this.message(m);
      };
      s.onclose = (e) => this.lost(turn, e.code, e.reason);
    }).catch(() => this.lost(turn, 0, ""));
  }

  lost(turn, code, reason) {
    if (turn !== this.turn) return;
    const was = this.current === "open";
    this.drop();
    this.wait(retryDelay(this.tries++, this.random, reason), was, code);
  }

  wait(ms, was, code) {
    this.become("waiting", was, code);
    if (this.current !== "waiting") return; // somebody stopped it meanwhile
    this.timer = this.later(() => this.open(), ms);
  }

  drop() {
    this.turn++;
    this.cancel(this.timer);
    const s = this.socket;
    this.socket = null;
    if (!s) return;
    s.onopen = s.onmessage = s.onclose = s.onerror = null;
    try { s.close(); } catch (_) { /* it never opened */ }
  }

  become(state, was, code) {
    if (state === this.current) return;
    this.current = state;
    this.state(state, was, code);
  }
}
