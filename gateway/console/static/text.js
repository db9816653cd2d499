// Texts of the console in both languages. TEXTS comes in front of this file, put there by the server.

const LANGUAGES = ["es", "en"];
const LANGUAGE_KEY = "server5k.lang";

/** The language of the page: asked for, chosen before, else what the server made of the browser's. */
let language = (() => {
  const asked = new URLSearchParams(location.search).get("lang");
  let kept = null;
  try { kept = localStorage.getItem(LANGUAGE_KEY); } catch (_) { /* no storage */ }
  return [asked, kept, document.documentElement.lang].find((l) => LANGUAGES.includes(l)) || "es";
})();

/** A text with its arguments in the places {name}. */
const say = (key, args) => {
  const text = TEXTS[language][key];
  if (text === undefined) return "⟦" + key + "⟧";
  return args ? text.replace(/\{(\w+)\}/g, (_, name) => String(args[name])) : text;
};

/** A text that depends on a number: KEY.one or KEY.many. */
const sayCount = (key, n, args) => say(key + (n === 1 ? ".one" : ".many"), Object.assign({ n }, args));

/** Writes the texts of the page again and remembers the language for the next time. */
const setLanguage = (lang) => {
  language = LANGUAGES.includes(lang) ? lang : language;
  try { localStorage.setItem(LANGUAGE_KEY, language); } catch (_) { /* until the page closes */ }
  document.cookie = "idioma=" + language + "; path=/; max-age=31536000; samesite=lax";
  document.documentElement.lang = language;
  document.title = say("app.title");
  document.querySelectorAll("[data-t]").forEach((e) => { e.textContent = say(e.dataset.t); });
  document.querySelectorAll("[data-t-label]").forEach((e) => { e.setAttribute("aria-label", say(e.dataset.tLabel)); });
};

const twoDigits = (n) => (n < 10 ? "0" : "") + n;

/** Ms as people read them: 25:13 or 1:02:03, with tenths or thousandths when asked for. */
const clockText = (ms, digits) => {
  const unit = Math.pow(10, 3 - (digits || 0));
  const whole = Math.max(0, Math.floor(ms / unit) * unit);
  const s = Math.floor(whole / 1000), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  const text = h ? h + ":" + twoDigits(m) + ":" + twoDigits(s % 60) : m + ":" + twoDigits(s % 60);
  return digits ? text + "." + ("00" + (whole % 1000)).slice(-3).slice(0, digits) : text;
};

/** The time of day of an instant, of this device's zone. */
const timeOfDay = (ms) => new Date(ms).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

/** An uncertainty, rounded up: ± 8 ms, ± 5.1 s. */
const doubtText = (ms) => (ms < 1000 ? "± " + Math.ceil(ms) + " ms" : "± " + (Math.ceil(ms / 100) / 10).toFixed(1) + " s");

/** An offset of clocks: +12 ms, −3.4 s, +7 min 2 s. */
const offsetText = (ms) => {
  const sign = ms < 0 ? "−" : "+", n = Math.abs(ms);
  if (n < 0.5) return "0 ms";
  if (n < 1000) return sign + Math.round(n) + " ms";
  if (n < 60000) return sign + (n / 1000).toFixed(1) + " s";
  return sign + Math.floor(n / 60000) + " min " + Math.round(n / 1000) % 60 + " s";
};
