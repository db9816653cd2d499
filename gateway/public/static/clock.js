// The clock of the server, from questions with four instants: the best of the last ones is that
// with the shortest way there and back. A step of the device's own clock does not matter, for
// instants are taken from performance.now(). It needs nothing of a browser.
const CLOCK_SAMPLES = 8;

/** @param {() => number} monotonic ms @param {() => number} wall ms since 1970 */
function makeServerClock(monotonic, wall) {
  let samples = [];
  let offset = null; // server minus monotonic
  const guess = wall() - monotonic();
  return {
    /** t0 and t3 by monotonic, t1 and t2 by the server. */
    add(t0, t1, t2, t3) {
      const rtt = t3 - t0 - (t2 - t1);
      if (!isFinite(rtt) || rtt < 0) return;
      samples.push({ rtt, offset: (t1 - t0 + (t2 - t3)) / 2 });
      if (samples.length > CLOCK_SAMPLES) samples.shift();
      offset = samples.reduce((best, s) => (s.rtt < best.rtt ? s : best)).offset;
    },
    synced: () => offset !== null,
    now: () => monotonic() + (offset === null ? guess : offset),
  };
}
