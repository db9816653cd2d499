// Puts the parts together. Everything starts here, once the page is read.

const randomBytes = (n) => crypto.getRandomValues(new Uint8Array(n));
const mono = () => performance.now();
/** How long, in ms, the answers of own marks are waited for before another phone is thought of. */
const ASK_MS = 400;
/** The measured clock is written to storage at most once in so many ms. */
const KEEP_CLOCK_MS = 5000;

/** The console: all its parts, and what happens between them. */
class App {
  constructor() {
    this.version = document.querySelector('meta[name="version"]').content;
    this.session = new Session();
    this.store = new Store();
    this.device = new Device(() => this.draw());
    this.screen = "start";
    this.update = null; // loads the newer version, when there is one
    this.stepped = null; // what the wall clock was last set by, ms
    this.drawing = false;
    this.keptAt = -Infinity;
    this.asking = new Map(); // team → timer
    this.idle = false; // the server has no race for this judge
  }

  async start() {
    setLanguage(language);
    const code = takeCode();
    this.store.onBroken = () => { this.markAllStored(); this.draw(); };
    this.tab = new OneTab({ taken: () => this.giveUp() });
    this.screens = { login: new LoginScreen(this), teams: new TeamsScreen(this), mark: new MarkScreen(this), phone: new PhoneScreen(this), elsewhere: new ElsewhereScreen(this) };
    this.notices = new Notices(this);
    watchVersions((load) => { this.update = load; this.draw(); });
    window.addEventListener("beforeunload", (e) => { if (this.mustStay()) e.preventDefault(); });
    window.addEventListener("hashchange", () => { const c = takeCode(); if (c && this.outbox) this.loginWith({ codigo: c }); });
    if (!await this.tab.alone()) {
      this.code = code;
      this.show("elsewhere");
      return;
    }
    await this.begin(code);
  }

  /** Reads what is stored and goes on where the page left off. */
  async begin(code) {
    const rows = await this.store.open();
    let me = rows.kept.find((r) => r.key === "device");
    if (!me) {
      me = { key: "device", name: deviceName(randomBytes) };
      await this.store.write([["kept", me]]);
    }
    this.outbox = new Outbox({ device: me.name, newID: () => uuid7(Date.now(), randomBytes) });
    this.outbox.load(rows.marks, rows.declarations);
    const measured = rows.kept.find((r) => r.key === "clock");
    this.timeline = new Timeline({ wall: () => Date.now(), mono, saved: measured && measured.timeline, lastLife: this.outbox.lastLife() });
    this.races = new Races({ session: this.session, save: (row) => this.store.write([["kept", row]]), changed: () => this.pump() });
    this.connectParts();
    window.server5k = Object.freeze({ version: this.version, marks: () => JSON.parse(JSON.stringify(this.outbox.marks)) });
    setInterval(() => this.second(), 1000);
    ["online", "pageshow", "focus"].forEach((e) => window.addEventListener(e, () => this.link.nudge()));
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") { this.link.nudge(); this.second(); } });
    if (code) await this.loginWith({ codigo: code });
    else if (this.session.judge) await this.enter();
    else this.show("login");
  }

  connectParts() {
    const later = (f, ms) => setTimeout(f, ms), cancel = (id) => clearTimeout(id), random = Math.random;
    this.link = new Link({
      later, cancel, random,
      address: async () => {
        const token = await this.session.token();
        if (!token) return null;
        const scheme = location.protocol === "https:" ? "wss://" : "ws://";
        return { url: scheme + location.host + "/ws/juez/" + this.session.judge.id + "/", protocols: ["server5k.v1", "bearer." + token] };
      },
      connect: (url, protocols) => new WebSocket(url, protocols),
      message: (m) => this.receive(m),
      state: (state, wasOpen, code) => this.linked(state, wasOpen, code),
    });
    this.heartbeat = new Heartbeat({
      timeline: this.timeline, send: (m) => this.link.send(m), tell: () => this.tell(), dead: () => this.link.restart(),
      measured: (verdict) => { if (verdict === "step") this.heartbeat.burst(); this.pump(); }, later, cancel, random,
    });
    this.sender = new Sender({
      outbox: this.outbox, mono, transmit: (m) => this.link.send(m),
      measuring: () => !this.heartbeat.settled(), clockFor: (m) => this.timeline.estimateFor(m),
      gunOf: (c) => this.races.gunOf(c), changed: (item) => this.answered(item),
    });
  }

  /** What a ping says of this phone, one object for each competition. */
  tell() {
    const common = { app: "consola " + this.version, dispositivo: this.outbox.device }, clock = this.timeline.estimate();
    if (clock) Object.assign(common, { desfase_ms: clock.offset, incertidumbre_ms: clock.uncertainty });
    if (this.device.percent() !== null) common.bateria = this.device.percent();
    const open = Array.from(new Set(this.races.openTeams().map((t) => t.competition)));
    if (open.length === 0) return [common];
    return open.map((id) => {
      const fields = Object.assign({}, common, { competencia_id: id, pendientes: this.outbox.pending(this.session.judge.id, id) });
      if (this.outbox.highestOf(id) > 0) fields.secuencia = this.outbox.highestOf(id);
      return fields;
    });
  }

  linked(state, wasOpen, code) {
    if (state === "open") {
      this.idle = false;
      this.sender.opened(this.session.judge.id);
      this.heartbeat.opened();
    } else {
      this.sender.closed();
      this.heartbeat.closed();
    }
    // A browser does not tell why a handshake was refused. The token may be the reason.
    if (state === "waiting" && (!wasOpen || code === 4002) && navigator.onLine !== false) this.suspectToken();
    this.draw();
  }

  async suspectToken() {
    try {
      await this.session.call("GET", "/api/me/"); // renews a token that is refused
      this.idle = false;
      if (this.link.tries > 1) {
        await this.races.refresh();
        // The server is there and takes no judge in: there is nothing to time.
        this.idle = this.link.current !== "open" && !this.races.teams.some((t) => { const c = this.races.competitionOf(t); return c && c.active; });
      }
    } catch (_) {
      this.idle = false; // no server, or no session
    }
    this.draw();
  }

  receive(m) {
    const at = mono();
    this.heartbeat.heard(at);
    if (m.tipo === "pong") {
      this.heartbeat.pong(m, at);
      return;
    }
    if (m.tipo === "conexion_establecida") this.races.refresh().catch(() => {});
    if (m.tipo === "registros_actualizados") this.heardOf(m);
    if (m.tipo === "competencia_iniciada") this.outbox.reopen(m.competencia.id, Date.parse(m.started_at));
    if (!this.races.receive(m)) this.sender.receive(m);
    this.pump();
  }

  /** The server has another number of marks of a team than is known here: another phone, or an organizer. */
  heardOf(m) {
    const team = m.equipo && m.equipo.id;
    if (!this.races.byID(team)) return;
    clearTimeout(this.asking.get(team));
    this.asking.set(team, setTimeout(() => {
      if (this.postOf(team).confirmed !== m.total_registros) this.races.refreshPost(team).catch(() => {});
    }, ASK_MS));
  }

  /** All marks of a team, of this phone and of others. */
  postOf(team) {
    const clock = this.timeline.estimate();
    return postOf(this.outbox.ofTeam(team), this.races.posts.get(team), clock ? clock.offset : 0);
  }

  /** A mark or a declaration was answered. */
  answered(item) { this.screens.mark.answered(item); }

  /** One more mark of the team on the screen. @param {number} at reading of the monotonic clock */
  tap(at, absent) {
    const team = this.races.byID(this.races.team);
    if (!team) return null;
    const moved = this.timeline.check();
    const m = this.outbox.tap({
      judge: this.session.judge.id, team: team.id, competition: team.competition, absent,
      at: this.timeline.at(at), life: this.timeline.life,
    });
    Promise.resolve().then(() => {
      this.jumped(moved);
      this.pump();
    });
    return m;
  }

  /** Sends and stores what there is to send and store. */
  pump() {
    if (!this.outbox) return;
    this.sender.pump();
    this.save();
    this.draw();
  }

  save() {
    const items = this.outbox.takeDirty();
    if (items.length === 0) return;
    const revs = items.map((i) => [i.id, i.rev]);
    const rows = items.map((i) => [i.number !== undefined && i.total === undefined ? "marks" : "declarations", i]);
    this.saving = this.store.write(rows).then(() => {
      revs.forEach(([id, rev]) => this.outbox.wrote(id, rev));
      this.sender.pump();
      this.save();
      this.draw();
    });
  }

  markAllStored() { this.outbox && this.outbox.marks.concat(this.outbox.declarations).forEach((i) => this.outbox.wrote(i.id, i.rev)); }

  /** The wall clock was set, or the phone slept: the clock is measured anew before anything else is sent. */
  jumped(moved) {
    if (moved === 0) return;
    this.stepped = moved;
    this.keptAt = -Infinity;
    this.heartbeat.burst();
  }

  /** What is looked at each second. */
  second() {
    this.jumped(this.timeline.check());
    if (this.sender.stalled()) this.link.restart();
    this.keepClock();
    this.pump();
  }

  /** The clock of this life is stored too: marks that are sent in a later one need it. */
  keepClock() {
    const clock = this.timeline.estimate();
    const known = clock ? clock.samples : 0;
    if ((this.keptSamples === known && this.keptSeen === this.timeline.seen) || mono() - this.keptAt < KEEP_CLOCK_MS) return;
    this.keptAt = mono();
    this.keptSamples = known;
    this.keptSeen = this.timeline.seen;
    this.store.write([["kept", { key: "clock", timeline: this.timeline.toJSON() }]]);
  }

  /** Logs in and goes on; the login screen shows what went wrong. */
  async loginWith(fields) {
    this.show("login");
    this.screens.login.busy(true);
    try {
      await this.session.login(fields);
    } catch (e) {
      this.screens.login.failed(e, fields);
      return;
    } finally {
      this.screens.login.busy(false);
    }
    this.device.persist();
    this.wandered = false;
    await this.enter();
  }

  /** A judge is logged in: the last known teams are shown at once, the server asked meanwhile. */
  async enter() {
    this.link.stop();
    const rows = this.store.memory.kept;
    this.races.load(Array.from(rows.values()), this.session.judge.id);
    const team = this.races.byID(this.races.team);
    this.show(team && this.races.rank(team) < 2 ? "mark" : "teams");
    this.link.start();
    await this.races.refresh().catch(() => {});
    // A judge with a single team is there already.
    if (this.screen === "teams" && !this.wandered && this.races.openTeams().length === 1) this.openTeam(this.races.openTeams()[0].id);
    this.draw();
  }

  openTeam(id) {
    this.races.choose(id);
    this.show("mark");
    this.races.refreshPost(id).catch(() => {});
  }

  async logout() {
    this.link.stop();
    this.device.keepAwake(false);
    await this.session.logout();
    this.races.clear();
    this.show("login");
  }

  /** Another tab goes on from here. */
  async giveUp() {
    this.link.stop();
    this.save();
    await this.saving;
    this.show("elsewhere");
  }

  /** Without network this page could not be opened again, and something has not been sent. */
  mustStay() {
    return this.outbox !== undefined && this.screen !== "elsewhere" && this.link.current !== "open" && (this.store.broken || !this.device.secure) && this.outbox.pending() > 0;
  }

  show(name) {
    this.screen = name;
    closeSheet();
    document.querySelectorAll("main > section").forEach((s) => { s.hidden = s.id !== "screen-" + name; });
    const main = document.querySelector("main");
    main.dataset.screen = name;
    main.focus({ preventScroll: true });
    document.body.classList.toggle("on-mark", name === "mark");
    window.scrollTo(0, 0);
    this.device.keepAwake(name === "mark");
    const screen = this.screens[name];
    if (screen.shown) screen.shown();
    this.draw();
  }

  /** Draws once before the next frame, however often it is asked for. */
  draw() {
    if (this.drawing || !this.screens) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      const screen = this.screens[this.screen];
      if (screen && screen.draw) screen.draw();
      this.notices.draw();
    });
  }
}

/** The code of a QR link, /juez/#c=CODE, taken out of the address: nobody shall read it over a shoulder or in the history. */
const takeCode = () => {
  const found = /^#c=([^&]+)$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname + location.search);
  try { return decodeURIComponent(found[1]); } catch (_) { return null; }
};

const app = new App();
app.start();
