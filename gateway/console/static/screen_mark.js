// The screen of a race: one button, the clock, and what became of the marks.

/** How long after its tap, in ms, the last mark can be taken back here; later the organizer does it. */
const VOID_MS = 10000;
/** And how soon after another, in ms. */
const VOID_AGAIN_MS = 700;
/** Rows of the list of last marks. */
const LAST_ROWS = 20;

class MarkScreen {
  constructor(app) {
    this.app = app;
    this.flashes = 0;
    this.voidedAt = -Infinity;
    watchTaps(byID("mark"), (at) => this.tap(at));
    byID("to-teams").addEventListener("click", () => { app.wandered = true; app.show("teams"); });
    byID("void").addEventListener("click", () => this.voidLast());
    byID("absent").addEventListener("click", () => this.askAbsent());
    byID("declare").addEventListener("click", () => this.askDeclare(app));
    setInterval(() => { if (app.screen === "mark") this.tick(); }, 100);
  }

  get team() { return this.app.races.byID(this.app.races.team); }

  post() { return this.app.postOf(this.team.id); }

  shown() {
    this.drawnRows = this.drawnChips = "";
    uuid7(0, randomBytes); // the first call takes some ms; it shall not be in the first mark
    if (this.team) this.draw();
  }

  /** Runs inside the handler of the touch: append, count, feel and hear. Nothing here waits. */
  tap(at) {
    const app = this.app, m = app.tap(at, false);
    if (!m) return;
    app.device.buzz(40);
    app.device.beep(false);
    this.count(1);
    const button = byID("mark");
    button.classList.remove("flash-a", "flash-b");
    button.classList.add(this.flashes++ % 2 ? "flash-a" : "flash-b"); // a class that is new starts the animation again
    const n = this.marked;
    setTimeout(() => announce(say("say.marked", { n, time: this.timeText(m) })), 0);
  }

  /** Writes the counter at once; the rest of the page follows with the next frame. */
  count(more) {
    this.marked = (this.marked || 0) + more;
    byID("counts").dataset.marked = this.marked;
    write(byID("counts").querySelector("b"), String(this.marked));
    byID("mark-next").textContent = say("mark.next", { n: this.marked + 1 });
  }

  /** The time of a mark: as it was sent, or as it looks now, or the time of day before the start is known. */
  timeText(m) {
    if (m.absent) return say("mark.absent.short");
    if (m.frozen) return clockText(m.frozen.tiempo, 1);
    const gun = this.app.races.gunOf(m.competition), clock = this.app.timeline.estimateFor(m);
    if (gun === null) return timeOfDay(m.at + (clock ? clock.offset : 0));
    return clockText(m.at + (clock ? clock.offset : 0) - gun, 1);
  }

  draw() {
    const team = this.team, app = this.app;
    if (!team) {
      app.show("teams");
      return;
    }
    const c = app.races.competitionOf(team), post = this.post();
    write(byID("team-name"), team.number + " · " + team.name);
    write(byID("team-race"), [team.category, c ? c.name : ""].filter(Boolean).join(" · "));
    this.drawLink();
    this.drawChips();
    const [kind, text] = raceState(c);
    byID("race-state").className = "badge " + kind;
    write(byID("race-state"), text);
    byID("mark").dataset.race = kind;
    this.drawCounts(post);
    this.drawNote(post, c);
    this.drawLast(post);
    this.tick();
  }

  drawLink() {
    const e = byID("link"), app = this.app, state = app.link.current;
    const text = say("link." + (app.session.ended ? "ended" : state !== "open" && app.idle ? "idle" : state));
    if (e.dataset.link === state && e.textContent === text) return;
    e.dataset.link = state;
    fill(e, drawing(state === "open" ? "online" : "offline"), make("span", { text }));
  }

  drawChips() {
    const app = this.app, teams = app.races.openTeams(), box = byID("chips");
    const data = teams.map((t) => [t.id, t.number, t.id === app.races.team, app.postOf(t.id).marked]);
    const key = JSON.stringify(data);
    if (key === this.drawnChips) return;
    this.drawnChips = key;
    box.hidden = teams.length < 2;
    fill(box, ...data.map(([id, number, on, marked], i) => make("button", {
      type: "button", class: "chip", data: { team: id }, "aria-pressed": String(on), on: { click: () => app.openTeam(id) },
    }, make("b", { text: number }), make("span", { class: "hidden", text: teams[i].name + ", " + sayCount("count.marked", marked) }), make("span", { text: marked, "aria-hidden": "true" }))));
  }

  drawCounts(post) {
    this.marked = post.marked;
    const key = [post.marked, post.confirmed, post.kept, post.attention, language].join();
    if (key !== this.drawnCounts) {
      this.drawnCounts = key;
      const words = (k, n) => {
        const [before, after] = sayCount(k, n, { n: "\u0000" }).split("\u0000");
        return [before, make("b", { text: n }), after];
      };
      const e = byID("counts");
      fill(e, ...words("count.marked", post.marked), " · ", ...words("count.confirmed", post.confirmed));
      if (post.kept > 0) e.append(" · ", make("span", { class: "warn-ink", text: sayCount("count.kept", post.kept) }));
      if (post.attention > 0) e.append(" · ", make("span", { class: "bad-ink", text: sayCount("count.attention", post.attention) }));
      Object.assign(e.dataset, { marked: post.marked, confirmed: post.confirmed, kept: post.kept });
    }
    write(byID("mark-next"), say("mark.next", { n: post.marked + 1 }));
    const standing = post.rows.filter((r) => r.status !== "voided");
    const slots = Array.from({ length: Math.max(post.size, standing.length) }, (_, i) => (standing[i] ? standing[i].status : "free") + (i >= post.size ? " over" : ""));
    const slotsKey = slots.join();
    if (slotsKey === this.drawnSlots) return;
    this.drawnSlots = slotsKey;
    fill(byID("slots"), ...slots.map((s) => make("i", { class: s })));
  }

  /** One line under the counter: full, declared, another phone. */
  drawNote(post, c) {
    const d = this.app.outbox.declarationOf(this.team.id), s = this.app.races.posts.get(this.team.id), told = s && s.declaracion;
    let text = "", kind = "";
    const total = d && (!told || d.state === "asked" || d.at >= Date.parse(told.fecha)) ? d.total : told ? told.total : null;
    if (d && d.state === "refused") [text, kind] = [say("note.declare.refused", { why: reasonText(d.code) }), "bad"];
    else if (d && d.state === "asked") [text, kind] = [say("note.declaring", { n: d.total }), ""];
    else if (total !== null && total !== post.valid) [text, kind] = [say("note.declared.differs", { n: total, m: post.valid }), "warn"];
    else if (total !== null && d && d.stored !== null && d.stored !== total) [text, kind] = [say("note.declared.stored", { n: total, m: d.stored }), "warn"];
    else if (total !== null) [text, kind] = [say("note.declared", { n: total }), "ok"];
    else if (post.marked > post.size) [text, kind] = [say("note.over", { n: post.size }), "warn"];
    else if (post.marked === post.size) [text, kind] = [say("note.full", { n: post.size }), "ok"];
    else if (c && c.finished) [text, kind] = [say("note.finished"), ""];
    else if (post.others > 0) [text, kind] = [sayCount("note.others", post.others), ""];
    byID("mark").classList.toggle("full", post.marked >= post.size);
    const e = byID("tally-note");
    e.className = "tally-note " + kind;
    write(e, text);
  }

  drawLast(post) {
    const app = this.app, rows = post.rows.slice(-LAST_ROWS).reverse();
    const standing = post.rows.filter((r) => r.status !== "voided");
    const online = app.link.current === "open";
    const data = rows.map((r) => [r.id, r.status === "sent" && !online ? "marked" : r.status, standing.indexOf(r) + 1, r.mark ? this.timeText(r.mark) : r.tiempo === 0 ? say("mark.absent.short") : clockText(r.tiempo, 1), r.own, r.mark && r.mark.code]);
    const key = JSON.stringify([data, language]);
    if (key === this.drawnRows) return;
    this.drawnRows = key;
    const drawings = { marked: "wait", sent: "wait", confirmed: "ok", kept: "warn", attention: "bad", voided: "undo" };
    fill(byID("last"), ...data.map(([id, status, n, time, own]) => make("li", { class: status, data: { mark: id, state: status } },
      make("span", { class: "n", text: n > 0 ? n : "" }), make("span", { class: "time", text: time }),
      make("span", { class: "state" }, drawing(drawings[status]), make("span", { text: say("state." + status) + (own ? "" : " · " + say("state.other")) })))));
    if (data.length === 0) fill(byID("last"), make("li", { class: "none", text: say(app.races.gunOf(this.team.competition) ? "mark.none" : "mark.before") }));
  }

  /** What moves by itself: the clock of the race and the time left to take the last mark back. */
  tick() {
    const team = this.team, app = this.app;
    if (!team) return;
    const c = app.races.competitionOf(team), clock = app.timeline.estimate(), now = app.timeline.now() + (clock ? clock.offset : 0);
    write(byID("elapsed"), !c || !c.gun ? "–:––" : clockText((c.running || !c.finished ? now : c.finished) - c.gun));
    const offset = byID("offset");
    if (clock) {
      offset.dataset.offset = Math.round(clock.offset * 1000) / 1000;
      offset.dataset.uncertainty = Math.round(clock.uncertainty * 1000) / 1000;
    }
    write(offset, clock ? say("clock.short", { by: offsetText(clock.offset), u: doubtText(clock.uncertainty) }) : say("clock.unknown"));
    const last = this.lastOwn(), left = last ? Math.ceil((VOID_MS - (app.timeline.now() - last.at)) / 1000) : 0, button = byID("void");
    if (button.disabled !== left <= 0) button.disabled = left <= 0;
    write(byID("void-left"), left > 0 ? say("mark.void.left", { s: left }) : "");
  }

  /** The mark that could be taken back: the latest of this phone for the team that stands. */
  lastOwn() {
    const own = this.app.outbox.ofTeam(this.team.id).filter((m) => statusOf(m) !== "voided");
    return own.length > 0 ? own[own.length - 1] : null;
  }

  voidLast() {
    const m = this.lastOwn(), app = this.app;
    // A second press in haste would take the mark before it back too.
    if (!m || app.timeline.now() - m.at >= VOID_MS || mono() - this.voidedAt < VOID_AGAIN_MS) return;
    this.voidedAt = mono();
    app.outbox.takeBack(m);
    app.device.beep(true);
    app.device.buzz([20, 40, 20]);
    announce(say("say.voided", { time: this.timeText(m) }));
    app.pump();
  }

  askAbsent() {
    openSheet({
      title: say("absent.title"), text: say("absent.text"),
      actions: [
        { id: "absent-yes", text: say("absent.yes"), kind: "danger", act: () => {
          if (this.app.tap(mono(), true)) announce(say("say.absent"));
        } },
        { text: say("sheet.no"), kind: "" },
      ],
    });
  }

  askDeclare(app) {
    const input = make("input", { id: "declare-total", type: "number", inputmode: "numeric", min: "0", max: "99", step: "1", autocomplete: "off", "aria-label": say("declare.title") });
    const warning = make("p", { class: "note warn", role: "alert", hidden: true });
    let asked = null; // the number that was questioned
    const bump = (by) => { input.value = String(Math.max(0, (parseInt(input.value, 10) || 0) + by)); };
    const declare = () => {
      const total = parseInt(input.value, 10), post = this.post();
      if (!(total >= 0 && total <= 200)) {
        warning.hidden = false;
        warning.textContent = say("declare.number");
        return true;
      }
      if (total !== post.valid && asked !== total) {
        asked = total;
        warning.hidden = false;
        warning.textContent = say("declare.differs", { n: total, m: post.valid });
        byID("declare-send").textContent = say("declare.anyway", { n: total });
        byID("declare-send").scrollIntoView({ block: "nearest" });
        return true;
      }
      app.outbox.declare(app.session.judge.id, this.team.id, this.team.competition, total, app.timeline.now());
      announce(say("note.declaring", { n: total }));
      app.pump();
      return false;
    };
    const minus = make("button", { type: "button", class: "square", text: "−", "aria-label": say("declare.less"), on: { click: () => bump(-1) } });
    const plus = make("button", { type: "button", class: "square", text: "+", "aria-label": say("declare.more"), on: { click: () => bump(1) } });
    input.addEventListener("keydown", (e) => {
      if (e.key !== "Enter") return;
      e.preventDefault(); // the focus goes back to the button below, which the key would press as well
      byID("declare-send").click();
    });
    const pending = this.post().pending;
    openSheet({
      title: say("declare.title"), text: pending > 0 ? sayCount("declare.pending", pending) : say("declare.text"),
      body: [make("div", { class: "stepper" }, minus, input, plus), warning],
      actions: [{ id: "declare-send", text: say("declare.send"), kind: "primary", act: declare }, { text: say("sheet.cancel") }],
    });
  }

  /** A mark or a declaration was answered. */
  answered(item) {
    const app = this.app;
    if (app.screen !== "mark" || !this.team || item.team !== this.team.id) return;
    if (item.total !== undefined) {
      announce(item.state === "done" ? say("note.declared", { n: item.total }) : say("note.declare.refused", { why: reasonText(item.code) }));
      app.races.refreshPost(item.team).catch(() => {});
      return;
    }
    if (statusOf(item) === "attention" || (item.taken && item.taken.state === "refused")) {
      app.device.buzz([80, 60, 80]);
      announce(reasonText(item.code || item.taken.code));
    }
    // Many answers come at once after a cut; one sentence is enough.
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { if (this.team) announce(countsText(this.post())); }, 800);
  }
}
