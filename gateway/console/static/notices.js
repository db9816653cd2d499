// What the judge has to know beside the marks: one line, which opens when there is more.

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
    if (app.stepped !== null) add({ key: "stepped" + app.stepped, kind: "info", text: say("notice.stepped", { by: offsetText(app.stepped) }), once: true });
    return out;
  }

  draw() {
    const all = this.list(), marking = this.app.screen === "mark";
    const key = JSON.stringify([all, marking, this.open, language]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.box.hidden = all.length === 0;
    const shown = marking && !this.open ? all.slice(0, 1) : all;
    fill(this.box, ...shown.map((n) => this.line(n, marking)));
    if (marking && all.length > 1) {
      this.box.append(make("button", {
        class: "more", type: "button", "aria-expanded": String(Boolean(this.open)), text: this.open ? say("notice.less") : sayCount("notice.more", all.length - 1),
        on: { click: () => { this.open = !this.open; this.draw(); } },
      }));
    }
  }

  line(n, marking) {
    const drawings = { bad: "bad", warn: "warn", info: "ok" };
    return make("div", { class: "notice " + n.kind, data: { notice: n.key } },
      drawing(drawings[n.kind]),
      make("p", { class: marking && !this.open ? "clip two" : "", text: n.text }),
      n.link ? make("a", { class: "button", href: n.link, target: "_blank", rel: "noopener", text: n.action }) : n.act ? make("button", { type: "button", text: n.action, on: { click: n.act } }) : null,
      n.once ? make("button", { type: "button", class: "square small", "aria-label": say("notice.dismiss"), on: { click: () => { this.dismissed.add(n.key); this.draw(); } } }, drawing("bad")) : null);
  }
}
