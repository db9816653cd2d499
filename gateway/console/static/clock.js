/*
 * How far the server's clock is from this device's, and how sure that is.
 *
 * Method. A ping carries the device's t0, its pong the server's t1 (received)
 * and t2 (sent); the device notes t3 (the four timestamps of NTP, RFC 5905
 * section 8). With offset = server - device, and since no message arrives
 * before it is sent (Cristian 1989, "Probabilistic clock synchronization"):
 *
 *     offset at t0 <= t1 - t0        offset at t3 >= t2 - t3
 *
 * whatever the delays and however unequal; their middle is NTP's theta and half
 * their distance delta/2. Bounds of different exchanges are intersected
 * (Marzullo 1984, the intervals of which RFC 5905 section 11.2.1 makes use), so
 * that the quickest way there and the quickest way back need not be of one
 * exchange. Between exchanges the offset moves along a line whose slope, the
 * drift of the oscillator, is unknown but bounded: the lines that stay below all
 * upper bounds and above all lower ones are the feasible set of a linear
 * programme in two unknowns (Moon, Skelly and Towsley 1999, "Estimation and
 * removal of clock skew from network delay measurements"). The lowest and the
 * highest of them at the instant asked for are the limits of the offset there:
 * the estimate is their middle, the uncertainty half their distance. So it is a
 * bound, not a deviation, and it widens by itself away from the exchanges.
 *
 * What would break the bounds: a clock that is set (the server's by its
 * administrator, the device's monotonic one by a sleep that it does not count).
 * No line fits then, and a new span begins with the newest exchange; older spans
 * are kept for the marks of their time.
 *
 * No DOM and nothing else of a browser. Instants and durations are milliseconds
 * with fraction; t0, t3 and `at` of the device's virtual clock, t1 and t2 of the
 * server's, both since 1970.
 */

/** What is taken for granted. Drifts are milliseconds per millisecond. */
const CLOCK = Object.freeze({
  maxDrift: 120e-6, // 100 ppm of a phone's oscillator and 20 of the server's discipline
  wander: 3e-6, // by which the drift itself varies: a phone that comes out into the sun
  resolution: 1, // of performance.now() where browsers coarsen it
  maxRoundTrip: 60000, // slower says nothing of use
  maxBounds: 64, // of each side that a span keeps
  maxSpans: 16, // that are kept
  maxBack: 60000, // by which an exchange may be older than the newest of its span
  reloadDoubt: 5000, // by which the wall clock may have been set while the page was away
  epsilon: 1e-3, // below which a contradiction is one of arithmetic
});

/** By how much a bound loosens with each millisecond away from it, whatever the drift is. */
const CLOCK_RATE = CLOCK.maxDrift + CLOCK.wander;

/**
 * The bounds between two steps of either clock. A bound {at, value} says that at
 * instant `at` the offset is at most value; lower ones are kept as upper bounds
 * of the negative offset, so that one piece of code serves both sides.
 */
class ClockSpan {
  /** @param {number} life of the device's clock, see Clock.life */
  constructor(life) {
    this.life = life;
    this.first = Infinity; // t0 of the first exchange
    this.last = -Infinity; // t3 of the last
    this.count = 0; // exchanges
    this.upper = [];
    this.lower = [];
    this.witness = null; // {at, offset, drift} of a line that fits, null if not known
    this.range = null; // what drifts() found, null if bounds came since
  }

  /**
   * add takes an exchange in; false means that it contradicts the others, and the
   * span is as it was.
   */
  add({ t0, t1, t2, t3 }) {
    const upper = { at: t0, value: t1 - t0 + CLOCK.resolution };
    const lower = { at: t3, value: t3 - t2 + CLOCK.resolution };
    if (this.allows(upper, lower)) {
      this.insert(upper, lower);
    } else if (!this.narrow(upper, lower)) {
      return false;
    }
    this.first = Math.min(this.first, t0);
    this.last = Math.max(this.last, t3);
    this.count++;
    return true;
  }

  /** allows says whether a line that is known to fit the span fits the new bounds too. */
  allows(upper, lower) {
    const w = this.witness;
    if (w === null) return false;
    const [u, l] = [upper.at - w.at, lower.at - w.at];
    return w.offset + w.drift * u <= upper.value + CLOCK.wander * Math.abs(u)
      && -w.offset - w.drift * l <= lower.value + CLOCK.wander * Math.abs(l);
  }

  /** narrow takes bounds in that may leave no line; false, and nothing changed, if so. */
  narrow(upper, lower) {
    const before = [this.upper.slice(), this.lower.slice(), this.range];
    this.insert(upper, lower);
    const range = this.drifts();
    if (range === null) {
      [this.upper, this.lower, this.range] = before;
      return false;
    }
    const drift = (range[0] + range[1]) / 2;
    const at = this.middle();
    const highest = ClockSpan.envelope(this.upper, at, drift).value;
    const lowest = -ClockSpan.envelope(this.lower, at, -drift).value;
    this.witness = { at, offset: (highest + lowest) / 2, drift };
    return true;
  }

  insert(upper, lower) {
    const changed = ClockSpan.insert(this.upper, upper);
    if (ClockSpan.insert(this.lower, lower) || changed) this.range = null;
  }

  /**
   * insert adds a bound to a list, which is sorted by instant, unless another
   * implies it at the greatest drift and so at any instant and drift, and takes
   * out those that it implies; false when the list stays as it was. So of a busy network only the quick messages stay.
   * Only neighbours need be asked: what implies it over one of them implies that
   * one too.
   */
  static insert(list, bound) {
    const implies = (a, b) => a.value + CLOCK_RATE * Math.abs(a.at - b.at) <= b.value;
    let to = list.length;
    while (to > 0 && list[to - 1].at > bound.at) to--;
    let from = to;
    if (from > 0 && implies(list[from - 1], bound)) return false;
    if (to < list.length && implies(list[to], bound)) return false;
    while (from > 0 && implies(bound, list[from - 1])) from--;
    while (to < list.length && implies(bound, list[to])) to++;
    list.splice(from, to - from, bound);
    if (list.length > CLOCK.maxBounds) list.splice(ClockSpan.least(list), 1);
    return true;
  }

  /** least returns the index of the bound that its neighbours replace best, never an end. */
  static least(list) {
    let found = 1;
    let cost = Infinity;
    for (let i = 1; i < list.length - 1; i++) {
      const [a, b, c] = [list[i - 1], list[i], list[i + 1]];
      const loss = Math.min(a.value + CLOCK_RATE * (b.at - a.at), c.value + CLOCK_RATE * (c.at - b.at)) - b.value;
      if (loss < cost) {
        found = i;
        cost = loss;
      }
    }
    return found;
  }

  /**
   * envelope returns what the bounds allow at most at an instant if the drift is
   * d, and how that changes with d. It is concave in d.
   */
  static envelope(list, at, d) {
    let value = Infinity;
    let slope = 0;
    const { wander } = CLOCK;
    for (let i = 0; i < list.length; i++) {
      const b = list[i];
      const away = b.at - at;
      const v = b.value - (away < 0 ? d + wander : d - wander) * away;
      if (v < value) {
        value = v;
        slope = -away;
      }
    }
    return { d, value, slope };
  }

  /**
   * edge returns the smallest drift at which the upper bounds are above the lower
   * ones, by Newton's method from the left, which on a concave piecewise linear
   * function ends after finitely many steps; null if there is none.
   */
  static edge(upper, lower, at) {
    let d = -CLOCK.maxDrift;
    for (let i = 0; i <= 4 * CLOCK.maxBounds; i++) {
      const u = ClockSpan.envelope(upper, at, d);
      const l = ClockSpan.envelope(lower, at, -d);
      const gap = u.value + l.value;
      if (gap >= -CLOCK.epsilon) return d;
      const slope = u.slope - l.slope;
      if (slope <= 0) return null;
      d -= gap / slope;
      if (d > CLOCK.maxDrift) return null;
    }
    return d;
  }

  /** top returns the highest value of the envelope for drifts from d0 to d1. */
  static top(list, at, d0, d1) {
    let left = ClockSpan.envelope(list, at, d0);
    let right = ClockSpan.envelope(list, at, d1);
    if (left.slope <= 0) return left.value;
    if (right.slope >= 0) return right.value;
    let crossing = Infinity;
    for (let i = 0; i <= CLOCK.maxBounds; i++) { // each turn finds a bound nearer to the top
      const d = (right.value - right.slope * right.d - left.value + left.slope * left.d) / (left.slope - right.slope);
      crossing = left.value + left.slope * (d - left.d);
      const mid = ClockSpan.envelope(list, at, d);
      if (mid.slope === 0 || mid.value >= crossing - CLOCK.epsilon) break;
      if (mid.slope > 0) left = mid;
      else right = mid;
    }
    return crossing;
  }

  /** middle returns the instant from which the wander of the drift is counted. */
  middle() {
    return (this.upper[0].at + this.lower[this.lower.length - 1].at) / 2;
  }

  /** drifts returns [lowest, highest] that the bounds allow, null if none. */
  drifts() {
    if (this.range === null) {
      const low = ClockSpan.edge(this.upper, this.lower, this.middle());
      const high = ClockSpan.edge(this.lower, this.upper, this.middle());
      this.range = low === null || high === null ? null : [low, Math.max(low, -high)];
    }
    return this.range;
  }

  /** limits returns the least and the greatest offset at an instant, and the middle of the drifts. */
  limits(at) {
    const range = this.drifts();
    if (range !== null) {
      const [d0, d1] = range;
      const low = -ClockSpan.top(this.lower, at, -d1, -d0);
      const high = ClockSpan.top(this.upper, at, d0, d1);
      if (low <= high) return { low, high, drift: (d0 + d1) / 2 };
    }
    // The bounds fitted when they came and just miss each other from here: any
    // drift at any time, and the wider reading.
    const most = (list) => Math.min(...list.map((b) => b.value + CLOCK_RATE * Math.abs(b.at - at)));
    const [a, b] = [-most(this.lower), most(this.upper)];
    return { low: Math.min(a, b), high: Math.max(a, b), drift: 0 };
  }
}

/**
 * The offset of the server's clock to this device's.
 *
 * A page makes one with new Clock() or, when it was loaded again, from what it
 * saved: Clock.fromJSON(saved). It adds each ping's four timestamps and asks with
 * the instant of a tap. A tap that is to be corrected later keeps clock.life
 * beside its instant and is asked for with both; without the life the answer is
 * as sure as instants alone allow.
 */
class Clock {
  constructor() {
    /**
     * Which life of the device's clock it is: one more each time a page is loaded.
     * Who knows that the clock jumped, by a sleep say, adds one as well: then a tap
     * is never between two spans, and the next exchange contradicts nothing.
     */
    this.life = 1;
    /** How often exchanges contradicted each other: a clock was set, or slept. */
    this.steps = 0;
    this.spans = []; // oldest first
    this.forgotten = 0; // life of the last span that is no longer kept, 0 if all are
  }

  /**
   * add takes one exchange in.
   * @param {{t0: number, t1: number, t2: number, t3: number}} sample
   * @returns {"kept"|"step"|"rejected"} "step" when it contradicts the ones before
   *   it, which from now on count only for their own time; "rejected" when it
   *   cannot be true or is of no use, and nothing changed.
   */
  add(sample) {
    if (!Clock.plausible(sample)) return "rejected";
    const span = this.spans[this.spans.length - 1];
    if (span !== undefined && span.life === this.life) {
      if (sample.t3 >= span.last - CLOCK.maxBack && span.add(sample)) return "kept";
      this.steps++;
    }
    const fresh = new ClockSpan(this.life);
    fresh.add(sample);
    this.spans.push(fresh);
    if (this.spans.length > CLOCK.maxSpans) this.forgotten = this.spans.shift().life;
    return span !== undefined && span.life === this.life ? "step" : "kept";
  }

  /** plausible says whether an exchange could have happened. */
  static plausible(s) {
    if (s === null || typeof s !== "object") return false;
    if (![s.t0, s.t1, s.t2, s.t3].every((t) => typeof t === "number" && t >= 0 && t < 1e14)) return false;
    const roundTrip = s.t3 - s.t0 - (s.t2 - s.t1);
    return s.t2 >= s.t1 && s.t3 >= s.t0 && roundTrip >= -CLOCK.resolution && roundTrip <= CLOCK.maxRoundTrip;
  }

  /**
   * estimate returns what to add to the device's clock at an instant to get the
   * server's, null if nothing is known, or no more. The truth is between offset -
   * uncertainty and offset + uncertainty. It costs microseconds and changes nothing.
   * @param {number} at instant, of the past or the future
   * @param {number} [life] of the device's clock that the instant is of
   * @returns {{offset: number, uncertainty: number, samples: number, drift: number}|null}
   *   milliseconds, the exchanges that it rests upon, and by how many millionths
   *   (ppm) the server's clock is the faster one
   */
  estimate(at, life) {
    if (typeof at !== "number" || !isFinite(at) || this.spans.length === 0 || this.forgot(at, life)) return null;
    const { spans, doubt } = this.around(at, life);
    const limits = spans.map((s) => s.limits(at));
    const low = Math.min(...limits.map((l) => l.low));
    const high = Math.max(...limits.map((l) => l.high));
    return {
      offset: (low + high) / 2,
      uncertainty: (high - low) / 2 + doubt,
      samples: spans.reduce((n, s) => n + s.count, 0),
      drift: limits[limits.length - 1].drift * 1e6,
    };
  }

  /** forgot says whether an instant may be of a span that is no longer kept. */
  forgot(at, life) {
    if (this.forgotten === 0) return false;
    const { first, life: oldest } = this.spans[0];
    if (life === undefined) return at < first;
    return life < oldest || (life === this.forgotten && at < first);
  }

  /**
   * around returns the spans that an instant may be of: one, or two when it is
   * between them and nothing tells before or after the step; and what a reload may
   * have added that no exchange has measured yet.
   */
  around(at, life) {
    const own = life === undefined ? this.spans : this.spans.filter((s) => s.life === life);
    if (own.length === 0) {
      const older = this.spans.filter((s) => s.life < life);
      const span = older.length > 0 ? older[older.length - 1] : this.spans[0];
      return { spans: [span], doubt: CLOCK.reloadDoubt };
    }
    let i = own.length - 1;
    while (i > 0 && own[i].first > at) i--;
    const span = own[i];
    const after = at > span.last;
    if (after && i + 1 < own.length) return { spans: [span, own[i + 1]], doubt: 0 };
    const doubt = after && life === undefined && span.life !== this.life ? CLOCK.reloadDoubt : 0;
    return { spans: [span], doubt };
  }

  /** toJSON returns what fromJSON needs: at most a few kilobytes of plain data. */
  toJSON() {
    const pairs = (list) => list.map((b) => [b.at, b.value]);
    return {
      version: 1,
      life: this.life,
      steps: this.steps,
      forgotten: this.forgotten,
      spans: this.spans.map((s) => ({
        life: s.life, first: s.first, last: s.last, count: s.count, upper: pairs(s.upper), lower: pairs(s.lower),
      })),
    };
  }

  /**
   * fromJSON returns the clock that a page saved before it was loaded again, in
   * its next life: the virtual clock starts from the wall clock anew, so what was
   * measured counts for the marks of that time, and for later ones with doubt
   * until the first exchange. Anything that toJSON did not make gives a new clock.
   */
  static fromJSON(o) {
    const clock = new Clock();
    const number = (v) => typeof v === "number" && isFinite(v);
    const pairs = (list) => Array.isArray(list) && list.length > 0 && list.length <= CLOCK.maxBounds
      && list.every((p) => Array.isArray(p) && number(p[0]) && number(p[1]));
    const whole = (s) => s !== null && typeof s === "object" && [s.life, s.first, s.last, s.count].every(number)
      && pairs(s.upper) && pairs(s.lower);
    if (o === null || typeof o !== "object" || o.version !== 1 || !number(o.life)) return clock;
    if (!Array.isArray(o.spans) || o.spans.length > CLOCK.maxSpans || !o.spans.every(whole)) return clock;
    const bounds = (list) => list.map(([at, value]) => ({ at, value }));
    clock.life = o.life + 1;
    clock.steps = number(o.steps) ? o.steps : 0;
    clock.forgotten = number(o.forgotten) ? o.forgotten : 0;
    clock.spans = o.spans.map((s) => Object.assign(new ClockSpan(s.life), {
      first: s.first, last: s.last, count: s.count, upper: bounds(s.upper), lower: bounds(s.lower),
    }));
    return clock;
  }
}
