// What the judge has to know beside the marks: one line, which opens when there is more.

const DRAWINGS = { bad: "bad", warn: "warn", info: "ok" };

class Notices {
  constructor(app) {
    this.app = app;
    this.box = byID("notices");
    this.drawn = "";
    this.dismissed = new Set();
  }

  /** All that holds now, the most urgent first: {key, kind, text, action?, act?, link?, once?}. */
  list() {
    const app = this.app, out = [], add = (n) => { if (!this.dismissed.has(n.key)) out.push(n); };
    if (!app.outbox || app.screen === "elsewhere") return out;
    if (app.session.ended) add({ key: "ended", kind: "bad", text: say("notice.ended"), action: say("notice.login"), act: () => app.show("login") });
    if (app.store.broken) add({ key: "storage", kind: "bad", text: say("notice.storage") });
    const attention = app.outbox.marks.filter((m) => statusOf(m) === "attention" || (m.taken && m.taken.state === "refused")).length;
    if (attention > 0) add({ key: "attention", kind: "bad", text: sayCount("notice.attention", attention), action: say("notice.look"), act: () => app.show("phone") });
    if (app.device.batteryLow()) add({ key: "battery", kind: "warn", text: say("notice.battery", { n: app.device.percent() }) });
    const judge = app.session.judge, others = judge ? app.outbox.marks.filter((m) => m.judge !== judge.id && isPending(m)).length : 0;
    if (others > 0) add({ key: "others", kind: "warn", text: sayCount("notice.others", others), once: true });
    if (!app.device.secure) add({ key: "insecure", kind: "warn", text: say("notice.insecure"), link: "/ca/", action: say("notice.ca"), once: true });
    if (app.update) add({ key: "update", kind: "info", text: say("notice.update"), action: say("notice.reload"), act: () => app.save() || app.update() });
    if (app.stepped !== null) add({ key: "stepped" + app.stepped, kind: "info", text: say(app.stepped > 0 ? "notice.slept" : "notice.stepped", { by: offsetText(app.stepped) }), once: true });
    return out;
  }

  draw() {
    const all = this.list(), marking = this.app.screen === "mark";
    const key = JSON.stringify([all, marking, this.open, language]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.box.hidden = all.length === 0;
    document.body.classList.toggle("noticing", marking && all.length > 0 && Boolean(this.open));
    if (marking && !this.open && all.length > 0) {
      fill(this.box, this.bar(all));
      return;
    }
    fill(this.box, ...all.map((n) => this.line(n)));
    if (marking) this.box.append(make("button", { class: "quiet", type: "button", text: say("notice.less"), on: { click: () => this.unfold(false) } }));
  }

  unfold(open) {
    this.open = open;
    this.draw();
  }

  /** While marking: one line with the most urgent, and how many more there are. */
  bar(all) {
    const n = all[0];
    return make("button", { class: "notice bar " + n.kind, type: "button", "aria-expanded": "false", data: { notice: n.key }, on: { click: () => this.unfold(true) } },
      drawing(DRAWINGS[n.kind]), make("span", { class: "clip grow", text: n.text }), all.length > 1 ? make("b", { text: sayCount("notice.more", all.length - 1) }) : null, drawing("up"));
  }

  line(n) {
    const buttons = [
      n.link ? make("a", { class: "button", href: n.link, target: "_blank", rel: "noopener", text: n.action }) : null,
      n.act ? make("button", { type: "button", text: n.action, on: { click: n.act } }) : null,
      n.once ? make("button", { type: "button", text: say("notice.dismiss"), on: { click: () => { this.dismissed.add(n.key); this.draw(); } } }) : null,
    ].filter(Boolean);
    return make("div", { class: "notice " + n.kind, data: { notice: n.key } }, drawing(DRAWINGS[n.kind]), make("p", { text: n.text }), buttons.length > 0 ? make("div", { class: "buttons" }, ...buttons) : null);
  }
}
