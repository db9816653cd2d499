// The time of this device. No DOM here: the clocks are passed in.

/** How far the wall clock may move against the monotonic one, in ms, before it counts as a step. */
const STEP_MS = 100;
/**
 * What is added to the uncertainty, in ms, of a mark whose own clock was never measured and whose
 * instant is taken from the wall clock of the phone instead: nobody saw whether the network set
 * that clock between the mark and the measurement, and it does so by up to seconds.
 */
const WALL_DOUBT_MS = 2000;

/**
 * Timeline is the device's virtual clock: the wall clock at load plus what the monotonic clock
 * says since. It never steps when somebody sets the wall clock. It is cut into segments, each with
 * a measured clock of its own, because the monotonic clock of many phones stands still while they
 * sleep: whenever wall and monotonic clock disagree, a segment ends, and what is measured
 * afterwards says nothing about what was marked before. A page that is loaded anew begins a
 * segment too; the segments of earlier lives come from storage.
 *
 * All numbers are ms; an instant of the device is epoch ms on the virtual clock.
 */
class Timeline {
  /**
   * @param {{wall: () => number, mono: () => number, life: string, saved?: object[]}} o
   *   wall: Date.now; mono: performance.now; life: a name no earlier life had; saved: segments
   */
  constructor(o) {
    this.wall = o.wall;
    this.mono = o.mono;
    this.life = o.life;
    this.base = this.wall() - this.mono();
    this.skew = 0; // wall − virtual, when last looked at
    this.steps = 0;
    this.earlier = new Map();
    for (const s of o.saved || []) this.earlier.set(s.key, Clock.fromJSON(s.clock));
    this.begin();
  }

  begin() {
    if (this.clock) this.earlier.set(this.key, this.clock);
    this.key = this.life + "-" + this.steps;
    this.clock = new Clock();
  }

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
    this.steps++;
    this.begin();
    return moved;
  }

  /** Takes one exchange of four instants; t0 and t3 are of this clock. */
  add(sample) { this.clock.add(sample); }

  /** The clock of the segment that is under way at an instant: offset, uncertainty, … or null. */
  estimate(at) { return this.clock.estimate(at === undefined ? this.now() : at); }

  /**
   * The clock that holds for a mark: that of its own segment, else by its wall clock with an
   * honest doubt, else null. Adding `offset` to `mark.at` gives the server's instant.
   * @param {{at: number, wall: number, segment: string}} mark
   */
  estimateFor(mark) {
    const own = mark.segment === this.key ? this.clock : this.earlier.get(mark.segment);
    const measured = own && own.estimate(mark.at);
    if (measured) return measured;
    const now = this.now(), current = this.clock.estimate(now);
    if (!current || mark.segment === this.key) return null;
    const wallOffset = now + current.offset - this.wall();
    return { offset: mark.wall + wallOffset - mark.at, uncertainty: current.uncertainty + WALL_DOUBT_MS, samples: current.samples, drift: current.drift, byWall: true };
  }

  /** The segments that marks still need, for storage. @param {Set<string>} needed keys */
  toJSON(needed) {
    const out = [{ key: this.key, clock: this.clock.toJSON() }];
    this.earlier.forEach((clock, key) => {
      if (needed.has(key)) out.push({ key, clock: clock.toJSON() });
    });
    return out;
  }
}
