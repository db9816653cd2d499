// Pings: they measure the clock, tell the server how this phone is, and find dead connections. No DOM.

/** Exchanges on a new connection, and the ms between them. */
const BURST = 8, BURST_GAP_MS = 60;
/** After this, in ms, a burst that is not answered in full is over. */
const BURST_MS = 2500;
/** Ms between pings while few exchanges are known, and later. */
const EAGER_MS = 5000, CALM_MS = 20000;
/** Exchanges until the clock counts as well known. */
const WELL_KNOWN = 24;
/** A ping without an answer, and nothing else heard, for this long, in ms: the connection is dead. */
const SILENCE_MS = 12000;

class Heartbeat {
  /**
   * @param {object} o
   * @param {Timeline} o.timeline
   * @param {(m: object) => boolean} o.send
   * @param {() => object[]} o.tell what to say: one object of fields for each competition, at least one
   * @param {() => void} o.dead the connection does not answer
   * @param {(verdict: string) => void} o.measured the clock was measured once more, see Clock.add
   * @param {(f: Function, ms: number) => number} o.later @param {(id: number) => void} o.cancel
   * @param {() => number} o.random
   */
  constructor(o) {
    Object.assign(this, o);
    this.asked = new Map(); // ref → {t0, life}
    this.next = 0;
    this.open = false;
    this.timer = null;
  }

  opened() {
    this.open = true;
    this.asked.clear();
    this.heardAt = this.openedAt = this.timeline.mono();
    this.burst();
  }

  closed() {
    this.open = false;
    this.cancel(this.timer);
    this.asked.clear();
  }

  /** Measures anew at once: the connection is new, or the clock has jumped. */
  burst() {
    this.left = BURST;
    this.answers = 0;
    this.burstAt = this.timeline.mono();
    this.cancel(this.timer);
    if (this.open) this.beat();
  }

  /** Whether the measuring burst is over: what it found is as good as it will be for a while. */
  settled() { return this.answers >= BURST || this.timeline.mono() - this.burstAt > BURST_MS; }

  beat() {
    if (!this.open) return;
    if (this.asked.size > 0 && this.timeline.mono() - this.heardAt > SILENCE_MS) {
      this.dead();
      return;
    }
    const full = this.left <= 1; // the last of a burst and all later ones say how the phone is
    if (full) this.tell().slice(1).forEach((fields) => this.send(Object.assign({ tipo: "ping" }, fields)));
    const ref = "p" + this.next++, fields = full ? this.tell()[0] : {};
    const life = this.timeline.life, t0 = this.timeline.now();
    if (this.send(Object.assign({ tipo: "ping", ref, t0 }, fields))) this.asked.set(ref, { t0, life });
    if (this.left > 0) this.left--;
    const known = this.timeline.estimate();
    const pause = this.left > 0 ? BURST_GAP_MS : known && known.samples >= WELL_KNOWN ? CALM_MS : EAGER_MS;
    this.timer = this.later(() => this.beat(), this.left > 0 ? pause : pause * (0.85 + 0.3 * this.random()));
  }

  /** Anything that came shows that the connection lives. @param {number} mono when, in ms */
  heard(mono) { this.heardAt = mono; }

  /** A pong. @param {number} mono when it came, in ms of the monotonic clock */
  pong(m, mono) {
    const sent = this.asked.get(m.ref);
    this.asked.delete(m.ref);
    if (!sent) return;
    this.answers++;
    // What left before the clock jumped says nothing of the clock now.
    if (sent.life !== this.timeline.life || typeof m.t1 !== "number" || typeof m.t2 !== "number") return;
    this.measured(this.timeline.add({ t0: sent.t0, t1: m.t1, t2: m.t2, t3: this.timeline.at(mono) }));
  }
}
