// The phone: what it has, how it is, and how marks leave it when there is no network.

/** Ms for which a QR frame is shown: a camera needs about half a second. */
const FRAME_MS = 1200;
/** The widest code, in CSS pixels. */
const QR_WIDTH = 440;

class PhoneScreen {
  constructor(app) {
    this.app = app;
    this.frames = [];
    this.frame = 0;
    this.timer = null;
    this.playing = false;
    this.drawings = 0;
    byID("phone-back").addEventListener("click", () => app.show(app.back || "teams"));
    byID("export-file").addEventListener("click", () => this.download());
    byID("export-qr").addEventListener("click", () => this.startQR());
    byID("qr-back").addEventListener("click", () => { this.pause(); this.step(-1); });
    byID("qr-next").addEventListener("click", () => { this.pause(); this.step(1); });
    byID("qr-play").addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    byID("logout").addEventListener("click", () => this.logout());
    [["sound", "set-sound"], ["buzz", "set-buzz"]].forEach(([name, id]) => {
      byID(id).checked = app.device.settings[name];
      byID(id).addEventListener("change", (e) => {
        app.device.set(name, e.target.checked);
        if (name === "sound") app.device.beep(false);
        else app.device.buzz(40);
      });
    });
  }

  shown() {
    this.stop();
    byID("qr").hidden = true;
    drawLanguages(this.app);
  }

  draw() {
    const app = this.app, marks = app.outbox.marks, count = (s) => marks.filter((m) => statusOf(m) === s).length;
    const clock = app.timeline.estimate(), waiting = app.outbox.pending();
    const facts = [
      [say("fact.judge"), app.session.judge ? app.session.judge.name + " (" + app.session.judge.username + ")" : "—"],
      [say("fact.device"), app.outbox.device],
      [say("fact.marks"), sayCount("count.marked", marks.length) + " · " + sayCount("count.confirmed", count("confirmed")) + " · " + sayCount("count.waiting", waiting)],
      [say("fact.other"), [["count.kept", "kept"], ["count.attention", "attention"], ["count.voided", "voided"]].map(([key, s]) => [key, count(s)]).filter(([, n]) => n > 0).map(([key, n]) => sayCount(key, n)).join(" · ") || "—"],
      [say("fact.clock"), clock ? say("clock.known", { by: offsetText(clock.offset), u: doubtText(clock.uncertainty) }) : say("clock.unknown")],
      [say("fact.storage"), say(app.store.broken ? "storage.broken" : "storage.good")],
      [say("fact.offline"), say(!app.device.secure ? "offline.never" : navigator.serviceWorker && navigator.serviceWorker.controller ? "offline.ready" : "offline.soon")],
      [say("fact.battery"), app.device.percent() === null ? say("battery.unknown") : app.device.percent() + " %"],
      [say("fact.version"), app.version],
    ];
    const text = JSON.stringify(facts);
    if (text === this.drawn) return;
    this.drawn = text;
    fill(byID("phone-facts"), ...facts.map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: value }))), ...this.troubles());
    write(byID("qr-play"), say(this.playing ? "qr.pause" : "qr.play"));
  }

  /** Marks that somebody has to look at, each with its reason. */
  troubles() {
    return this.app.outbox.marks.filter((m) => m.state === "refused" || (m.taken && m.taken.state === "refused")).map((m) => {
      const team = this.app.races.byID(m.team), code = m.state === "refused" ? m.code : m.taken.code;
      return make("div", { class: "trouble" },
        make("dt", { text: say("trouble.mark", { n: m.number, team: team ? team.name : m.team }) }),
        make("dd", { text: reasonText(code) }));
    });
  }

  /**
   * What is exported is what will be sent: it is frozen first, as far as the start is known. A
   * file has everything; the QR frames only what is not confirmed, unless all is.
   */
  file(only) {
    const app = this.app;
    app.outbox.marks.forEach((m) => {
      const gun = app.races.gunOf(m.competition);
      if (!m.frozen && gun !== null) app.outbox.freeze(m, gun, app.timeline.estimateFor(m));
    });
    app.save();
    const bibs = new Map(app.races.teams.map((t) => [t.id, t.number])), clock = app.timeline.estimate();
    return exportFile({ outbox: app.outbox, judge: app.session.judge ? app.session.judge.username : "", bibs, now: app.timeline.now() + (clock ? clock.offset : 0), only });
  }

  download() {
    const file = this.file(), blob = new Blob([JSON.stringify(file, null, 1)], { type: "application/json" });
    const link = make("a", { href: URL.createObjectURL(blob), download: "marcas-" + file.dispositivo + "-" + file.exportado.slice(0, 19).replace(/[:T]/g, "") + ".json" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  startQR() {
    const marks = this.app.outbox.marks;
    const waiting = (m) => m.state !== "confirmed";
    this.frames = exportFrames(this.file(marks.some(waiting) ? waiting : undefined));
    this.frame = 0;
    byID("qr").hidden = false;
    this.play();
    byID("qr").scrollIntoView({ block: "start" });
  }

  /** Shows one frame after the other, or goes on showing the same. */
  play() {
    this.playing = this.frames.length > 1;
    this.run();
  }

  pause() {
    this.playing = false;
    if (this.timer) this.run();
  }

  run() {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      if (this.app.screen !== "phone") this.stop();
      else this.step(this.playing ? 1 : 0);
    }, FRAME_MS);
    write(byID("qr-play"), say(this.playing ? "qr.pause" : "qr.play"));
    this.step(0);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.playing = false;
  }

  step(by) {
    const n = this.frames.length;
    if (n === 0) return;
    this.frame = (this.frame + by + n) % n;
    drawQR(byID("qr-canvas"), this.frames[this.frame], this.drawings++ % 2);
    byID("qr-canvas").dataset.frame = this.frames[this.frame];
    write(byID("qr-place"), say("qr.place", { i: this.frame + 1, n }));
  }

  logout() {
    const waiting = this.app.outbox.pending(this.app.session.judge ? this.app.session.judge.id : undefined);
    openSheet({
      title: say("logout.title"), text: waiting > 0 ? sayCount("logout.waiting", waiting) : say("logout.text"),
      actions: [
        { text: say("logout.stay"), kind: "primary" },
        { id: "logout-yes", text: say(waiting > 0 ? "logout.anyway" : "logout.yes"), kind: "danger", act: () => { this.app.logout(); } },
      ],
    });
  }
}

/** Why the server did not take something, in plain words. */
const reasonText = (code) => {
  const key = "reason." + code;
  return TEXTS[language][key] ? say(key) : say("reason.other", { code: code || "?" });
};

/**
 * Draws a QR code with its quiet zone, dark on light in every theme: cameras expect that. A module
 * is a whole number of the screen's pixels, so that nothing is blurred. One code in a hundred is
 * read by some readers never, however good the picture: `larger` makes another picture of the same
 * text, and a frame is shown in both by turns.
 */
const drawQR = (canvas, text, larger) => {
  const make = (version) => {
    const c = qrcode(version, "L");
    c.addData(text, "Byte");
    c.make();
    return c;
  };
  const least = make(0), code = larger ? make((least.getModuleCount() - 17) / 4 + 1) : least;
  const n = code.getModuleCount(), quiet = 4, ratio = window.devicePixelRatio || 1;
  const scale = Math.max(2, Math.floor(Math.min(canvas.parentNode.clientWidth, QR_WIDTH) * ratio / (n + 2 * quiet)));
  canvas.width = canvas.height = (n + 2 * quiet) * scale;
  canvas.style.width = canvas.width / ratio + "px";
  const g = canvas.getContext("2d");
  g.fillStyle = "#fff";
  g.fillRect(0, 0, canvas.width, canvas.height);
  g.fillStyle = "#000";
  for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) if (code.isDark(y, x)) g.fillRect((x + quiet) * scale, (y + quiet) * scale, scale, scale);
};
