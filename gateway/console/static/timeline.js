// The time of this device. No DOM here: the clocks are passed in.

/** How far the wall clock may move against the monotonic one, in ms, before it counts as a step. */
const STEP_MS = 100;

/**
 * Timeline is the device's virtual clock: the wall clock at load plus what the monotonic clock
 * says since. It never steps when somebody sets the wall clock.
 *
 * The monotonic clock of many phones stands still while they sleep, and then the virtual clock
 * falls behind: what was measured before the sleep says nothing about what is marked after it. A
 * wall clock that was put back is surely not that; one that went ahead may be either, so a new
 * life of the clock begins (see Clock), which the next exchange measures. A page that is loaded
 * anew begins a life too. A mark keeps the life of its instant. When a life was never measured,
 * its marks count by the wall clock of its load: Clock adds a doubt for what may have happened to
 * that while no page was there, and Timeline adds all the steps that it has seen.
 *
 * All numbers are ms; an instant of the device is epoch ms on the virtual clock.
 */
class Timeline {
  /**
   * @param {{wall: () => number, mono: () => number, saved?: object, lastLife?: number}} o
   *   wall: Date.now; mono: performance.now; saved: toJSON of an earlier life; lastLife: the
   *   highest that any mark has, which may be later than what was saved
   */
  constructor(o) {
    this.wall = o.wall;
    this.mono = o.mono;
    this.base = this.wall() - this.mono();
    this.skew = 0; // wall − virtual, when last looked at
    const saved = o.saved || {};
    this.seen = saved.seen || 0; // ms, all steps that any life has seen
    this.clock = Clock.fromJSON(saved.clock || null);
    this.clock.life = Math.max(this.clock.life, (o.lastLife || 0) + 1);
  }

  /** The life of the clock that instants of now belong to. */
  get life() { return this.clock.life; }

  /** Now, on the virtual clock. */
  now() { return this.base + this.mono(); }

  /** The virtual instant of a reading of the monotonic clock. */
  at(mono) { return this.base + mono; }

  /**
   * Looks at both clocks. Called each second and at each mark; it costs two readings.
   * @returns {number} by how much the wall clock has moved since the last call when that is a
   *   step, or the device slept; else 0
   */
  check() {
    const skew = this.wall() - this.now(), moved = skew - this.skew;
    if (Math.abs(moved) < STEP_MS) {
      // Slow steering of the wall clock is followed, so that it does not add up to a step.
      this.skew += Math.max(-1, Math.min(1, moved));
      return 0;
    }
    this.skew = skew;
    this.seen += Math.abs(moved);
    if (moved > 0) this.clock.life++;
    return moved;
  }

  /** Takes one exchange of four instants; t0 and t3 are of this clock and life. */
  add(sample) { return this.clock.add(sample); }

  /** How the server's clock differs now: {offset, uncertainty, samples, drift}, or null. */
  estimate() { return this.estimateFor({ at: this.now(), life: this.life }); }

  /** Likewise at the instant of a mark. Adding `offset` to `mark.at` gives the server's instant. */
  estimateFor(mark) {
    const e = this.clock.estimate(mark.at, mark.life);
    if (e && !this.clock.spans.some((s) => s.life === mark.life)) e.uncertainty += this.seen;
    return e;
  }

  /** For storage. */
  toJSON() { return { clock: this.clock.toJSON(), seen: this.seen }; }
}
