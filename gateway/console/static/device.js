// What the phone itself can do. Everything is tested for: on plain http half of it is missing.

const SETTINGS_KEY = "server5k.settings";
/** Below this share of the battery the console warns. */
const LOW_BATTERY = 0.2;

/** Before the first touch of a page browsers refuse sound and vibration. */
const touchedOnce = () => !navigator.userActivation || navigator.userActivation.hasBeenActive;

class Device {
  constructor(changed) {
    this.changed = changed;
    this.secure = window.isSecureContext === true;
    this.battery = null; // BatteryManager
    this.wake = null; // WakeLockSentinel
    this.wanted = false; // the screen should stay on
    this.audio = null;
    this.settings = { sound: true, buzz: true };
    try { Object.assign(this.settings, JSON.parse(localStorage.getItem(SETTINGS_KEY) || "{}")); } catch (_) { /* defaults */ }
    if (navigator.getBattery) {
      navigator.getBattery().then((b) => {
        this.battery = b;
        b.addEventListener("levelchange", changed);
        b.addEventListener("chargingchange", changed);
        changed();
      }, () => {});
    }
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") this.keepAwake(this.wanted); });
  }

  set(name, value) {
    this.settings[name] = value;
    try { localStorage.setItem(SETTINGS_KEY, JSON.stringify(this.settings)); } catch (_) { /* until the page closes */ }
  }

  /** Percent, or null when the phone does not tell. */
  percent() { return this.battery ? Math.round(this.battery.level * 100) : null; }

  batteryLow() { return this.battery !== null && !this.battery.charging && this.battery.level <= LOW_BATTERY; }

  /** Keeps the screen on while marking. The phone lets go when the page is hidden; it is asked again then. */
  keepAwake(on) {
    this.wanted = on;
    if (!on) {
      if (this.wake) this.wake.release().catch(() => {});
      this.wake = null;
      return;
    }
    if (this.wake || !navigator.wakeLock || document.visibilityState !== "visible") return;
    navigator.wakeLock.request("screen").then((lock) => {
      this.wake = lock;
      lock.addEventListener("release", () => { this.wake = null; });
      if (!this.wanted) this.keepAwake(false);
    }, () => {}); // the battery saver refuses
  }

  /** Asks the browser not to throw the outbox away when space is short. */
  persist() {
    if (!navigator.storage || !navigator.storage.persist) return Promise.resolve(false);
    return navigator.storage.persist().catch(() => false);
  }

  /** Browsers make sound only after the page was touched; to be called from a touch. */
  wakeAudio() {
    const Audio = window.AudioContext || window.webkitAudioContext;
    if (!this.settings.sound || !Audio || !touchedOnce()) return;
    try {
      if (!this.audio) this.audio = new Audio();
      if (this.audio.state === "suspended") this.audio.resume().catch(() => {});
    } catch (_) { this.audio = null; }
  }

  /** A short tone: high for a mark, low for one taken back. Costs some tenths of a ms. */
  beep(low) {
    if (!this.settings.sound) return;
    if (!this.audio || this.audio.state !== "running") {
      setTimeout(() => this.wakeAudio(), 0); // takes some ms: not in the handler of a touch
      return;
    }
    const t = this.audio.currentTime, tone = this.audio.createOscillator(), gain = this.audio.createGain();
    tone.frequency.value = low ? 330 : 880;
    gain.gain.setValueAtTime(0.25, t);
    gain.gain.exponentialRampToValueAtTime(0.001, t + 0.12);
    tone.connect(gain);
    gain.connect(this.audio.destination);
    tone.start(t);
    tone.stop(t + 0.13);
  }

  buzz(pattern) { if (this.settings.buzz && navigator.vibrate && touchedOnce()) navigator.vibrate(pattern); }
}

/**
 * Keeps the page for when there is no network, and tells when the server has a newer one. Nothing
 * is loaded anew by itself: somebody may be marking.
 */
const watchVersions = (found) => {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return null;
  let reloading = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (reloading) location.reload();
  });
  const watch = (worker) => {
    if (!worker) return;
    const look = () => {
      if (worker.state === "installed" && navigator.serviceWorker.controller) {
        found(() => {
          reloading = true;
          worker.postMessage("activate");
        });
      }
    };
    worker.addEventListener("statechange", look);
    look();
  };
  navigator.serviceWorker.register("/juez/sw.js", { scope: "/juez/", updateViaCache: "none" }).then((r) => {
    watch(r.waiting);
    watch(r.installing);
    r.addEventListener("updatefound", () => watch(r.installing));
    setInterval(() => { if (navigator.onLine !== false) r.update().catch(() => {}); }, 15 * 60000);
  }, () => {});
  return null;
};

/**
 * One tab at a time: two would give the same number to different marks. A new tab asks; the older
 * one answers and stays, until the judge decides to go on in the new one.
 */
class OneTab {
  /** @param {{taken: () => Promise<void>, busy: () => void}} o taken: another tab takes over */
  constructor(o) {
    this.o = o;
    this.active = false;
    this.channel = typeof BroadcastChannel === "function" ? new BroadcastChannel("server5k-juez") : null;
    if (this.channel) this.channel.onmessage = (e) => this.hear(e.data);
  }

  hear(word) {
    if (word === "anybody" && this.active) this.channel.postMessage("here");
    if (word === "here" && this.waiting) this.waiting(false);
    if (word === "mine" && this.active) {
      this.active = false;
      this.o.taken().then(() => this.channel.postMessage("yours"));
    }
    if (word === "yours" && this.taking) this.taking();
  }

  /** Whether this tab may go on. Nobody answers within 250 ms: there is nobody. */
  async alone() {
    if (this.channel) {
      const free = await new Promise((resolve) => {
        this.waiting = resolve;
        this.channel.postMessage("anybody");
        setTimeout(() => resolve(true), 250);
      });
      this.waiting = null;
      if (!free) return false;
    }
    this.active = true;
    return true;
  }

  /** Takes over; the other tab has stored everything when this resolves. */
  async take() {
    await new Promise((resolve) => {
      this.taking = resolve;
      this.channel.postMessage("mine");
      setTimeout(resolve, 1500);
    });
    this.taking = null;
    this.active = true;
  }
}
