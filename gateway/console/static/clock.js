/**
 * Placeholder of the clock of this device against that of the server: the offset of the sample
 * with the least round trip.
 */
class Clock {
  constructor() { this.samples = []; }
  add(s) {
    if (this.samples.length >= 64) this.samples.shift();
    this.samples.push(s);
  }
  estimate(at) {
    let best = null;
    for (const s of this.samples) {
      const rtt = (s.t3 - s.t0) - (s.t2 - s.t1);
      if (!best || rtt < best.rtt) best = { rtt, offset: ((s.t1 - s.t0) + (s.t2 - s.t3)) / 2, at: s.t3 };
    }
    if (!best) return null;
    return { offset: best.offset, uncertainty: best.rtt / 2 + Math.abs(at - best.at) * 5e-5, samples: this.samples.length, drift: 0 };
  }
  toJSON() { return { samples: this.samples }; }
  static fromJSON(o) { const c = new Clock(); c.samples = (o && o.samples) || []; return c; }
}
