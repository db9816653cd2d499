// The mark button. The instant of a tap comes first, before anything else is done with it.

/** An event older than this, in ms, has another timeline than performance.now(), or the page hung. */
const OLDEST_EVENT_MS = 2000;
/** A click without a pointer within this time, in ms, after a touch is the same touch. */
const SAME_TOUCH_MS = 1000;

/**
 * The instant of an event on the timeline of performance.now(). The time stamp of the event is
 * when the finger came down; the handler may run later, when the page was busy.
 */
const instantOf = (event, now) => {
  const late = now - event.timeStamp;
  return late >= 0 && late < OLDEST_EVENT_MS ? event.timeStamp : now;
};

/**
 * Calls `mark(mono)` once for each tap, with the instant in ms of performance.now(): for each
 * finger, each press of Space or Enter, and each activation by an aid that sends only a click.
 * There is no lock and no pause: two taps within 50 ms are two marks.
 */
const watchTaps = (button, mark) => {
  let touched = -Infinity;
  const tap = (event) => {
    const now = performance.now();
    mark(instantOf(event, now));
    try { performance.measure("mark", { start: now, end: performance.now() }); } catch (_) { /* an older browser */ }
  };
  button.addEventListener("pointerdown", (e) => {
    if (e.pointerType === "mouse" && e.button !== 0) return;
    touched = performance.now();
    tap(e);
  });
  ["pointerup", "pointercancel"].forEach((type) => button.addEventListener(type, () => { touched = performance.now(); }));
  // No zoom, no scrolling, no menu and no selection come of a finger that stays on the button.
  button.addEventListener("touchstart", (e) => e.preventDefault(), { passive: false });
  button.addEventListener("contextmenu", (e) => e.preventDefault());
  button.addEventListener("dragstart", (e) => e.preventDefault());
  button.addEventListener("click", (e) => {
    if (e.detail === 0 && performance.now() - touched > SAME_TOUCH_MS) tap(e);
  });
  document.addEventListener("keydown", (e) => {
    if ((e.key !== " " && e.key !== "Enter") || e.ctrlKey || e.altKey || e.metaKey || button.offsetParent === null) return;
    if (e.target !== button && e.target.closest && e.target.closest("button, a, input, select, textarea, summary, [role=dialog]")) return;
    e.preventDefault(); // the click that would follow, and scrolling
    if (!e.repeat) tap(e);
  });
  // Space acts on keyup in browsers: the mark is made already.
  button.addEventListener("keyup", (e) => { if (e.key === " ") e.preventDefault(); });
};
