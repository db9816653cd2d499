// Texts and times, as the server writes them. It needs nothing of a browser.
const pad = (n, width) => String(n).padStart(width, "0");

/** @param {number} ms @returns {string} m:ss or h:mm:ss */
function clockText(ms) {
  const s = Math.floor(Math.max(ms, 0) / 1000);
  if (s >= 3600) return Math.floor(s / 3600) + ":" + pad(Math.floor(s / 60) % 60, 2) + ":" + pad(s % 60, 2);
  return Math.floor(s / 60) + ":" + pad(s % 60, 2);
}

/** What is left, with the days when there is more than one. */
function countdownText(ms, texts) {
  const day = 86400000;
  if (ms < day || !texts) return clockText(ms);
  return say(texts, "clock.days", Math.floor(ms / day), clockText(ms % day));
}

/** @returns {string} the same with milliseconds unless times are whole seconds */
function timeText(ms, whole) {
  return whole ? clockText(ms) : clockText(ms) + "." + pad(Math.max(ms, 0) % 1000, 3);
}

/** Puts arguments into a text, in their order. */
function say(texts, key, ...args) {
  let i = 0;
  return (texts[key] || key).replace(/%[sd]/g, () => String(args[i++]));
}

/** The text for n things: that of key.one for a single one. */
function sayCount(texts, key, n) {
  return n === 1 && texts[key + ".one"] ? texts[key + ".one"] : say(texts, key, n);
}

/** @returns {string} "1.º" or "1st" */
function ordinalText(lang, n) {
  if (lang === "es") return n + ".º";
  const ones = n % 10;
  return n + (Math.floor(n / 10) % 10 !== 1 && ones >= 1 && ones <= 3 ? ["", "st", "nd", "rd"][ones] : "th");
}
