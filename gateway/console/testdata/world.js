// A phone, a network and a server in one engine, for the tests of the console. The phone runs the
// files that browsers get; everything around it may fail at any time.

class World {
  /** @param {() => number} random 0…1 */
  constructor(random) {
    this.random = random;
    this.time = 1000; // monotonic ms
    this.wallOffset = 1.8e12;
    this.serverAhead = 420000; // the phone is seven minutes behind
    this.disk = { marks: {}, declarations: {}, clock: null };
    this.taps = {}; // id → what was tapped, of all that reached the disk
    this.server = { gun: null, running: false, marks: {}, numbers: {}, voided: {}, declared: [], frames: {}, dead: 0, size: 1e9 };
    this.faults = [];
    this.lives = 0;
    this.slept = 0;
    this.away = 0;
    this.boot();
  }

  serverNow() { return this.time + 1.8e12 + this.serverAhead; }

  bytes(n) {
    const b = new Uint8Array(n);
    for (let i = 0; i < n; i++) b[i] = Math.floor(this.random() * 256);
    return b;
  }

  /** A page begins, from what the disk has. */
  boot() {
    this.lives++;
    this.up = null; // the connection: {toServer, toPhone}
    this.outbox = new Outbox({ device: "web-00000001", newID: () => uuid7(this.time + this.wallOffset, (n) => this.bytes(n)) });
    this.outbox.load(Object.values(this.disk.marks).map((s) => JSON.parse(s)), Object.values(this.disk.declarations).map((s) => JSON.parse(s)));
    this.timeline = new Timeline({
      wall: () => this.time + this.wallOffset, mono: () => this.time - this.slept,
      saved: this.disk.clock ? JSON.parse(this.disk.clock) : null, lastLife: this.outbox.lastLife(),
    });
    this.sender = new Sender({
      outbox: this.outbox, mono: () => this.time, gunOf: () => this.gunKnown, changed: () => {},
      transmit: (m) => { if (!this.up) return false; this.up.toServer.push(JSON.stringify(m)); return true; },
      measuring: () => false, clockFor: (m) => this.timeline.estimateFor(m),
    });
    if (this.gunKnown === undefined) this.gunKnown = null;
    this.writing = [];
  }

  // What can happen, each by its name.

  tap(absent) {
    this.time += this.random() * 50;
    this.look();
    this.outbox.tap({ judge: 1, team: 7, competition: 3, at: this.timeline.now(), life: this.timeline.life, absent: Boolean(absent) });
    this.outbox.marks[this.outbox.marks.length - 1].truth = this.serverNow();
  }

  twoTaps() {
    this.tap(false);
    this.tap(false);
  }

  absent() { this.tap(true); }

  takeBack() {
    const all = this.outbox.marks;
    if (all.length > 0) this.outbox.takeBack(all[all.length - 1]);
  }

  declare() { this.outbox.declare(1, 7, 3, this.outbox.marks.length, this.timeline.now()); }

  /** The page hands to the disk what has changed; the disk reports later. */
  write() {
    this.outbox.takeDirty().forEach((i) => this.writing.push([i.total === undefined ? "marks" : "declarations", i.id, JSON.stringify(i), i.rev]));
  }

  /** The disk has written the oldest few. */
  written() {
    let n = 1 + Math.floor(this.random() * 4);
    while (n-- > 0 && this.writing.length > 0) {
      const [table, id, text, rev] = this.writing.shift();
      this.disk[table][id] = text;
      if (table === "marks") this.taps[id] = JSON.parse(text);
      this.outbox.wrote(id, rev);
    }
  }

  pump() { this.sender.pump(); }

  wait() { this.time += this.random() * 3000; }

  connect() {
    if (this.up || this.server.dead > 0) return;
    this.up = { toServer: [], toPhone: [] };
    this.gunKnown = this.server.gun;
    this.sender.opened(1);
    this.measure();
  }

  measure() {
    for (let i = 0; i < 4; i++) {
      const t0 = this.timeline.now(), there = this.random() * 200, back = this.random() * 200;
      this.time += there;
      const t1 = this.serverNow(), t2 = t1;
      this.time += back;
      this.timeline.add({ t0, t1, t2, t3: this.timeline.now() });
    }
    this.keepClock();
  }

  /** The network goes, with what was on its way in both directions. */
  cut() {
    if (!this.up) return;
    this.up = null;
    this.sender.closed();
  }

  /** The page is loaded anew: what had not reached the disk is gone, and so was never sent. */
  reload() {
    this.time += 500;
    this.boot();
  }

  start() {
    if (this.server.running) return;
    if (this.server.gun === null) this.server.gun = Math.round(this.serverNow());
    this.server.running = true;
    if (this.up) {
      this.gunKnown = this.server.gun;
      this.outbox.reopen(3, this.server.gun);
    }
  }

  stop() { this.server.running = false; }

  /** The page looks at its clocks, as it does each second. */
  look() {
    if (this.timeline.check() !== 0) this.keepClock();
  }

  keepClock() { this.disk.clock = JSON.stringify(this.timeline.toJSON()); }

  setWall() {
    this.wallOffset += (this.random() - 0.5) * 20000;
    this.look();
  }

  /** While no page is there, a few times, by as much as Clock allows for. */
  setWallAway() {
    if (this.away++ >= 5) return;
    this.wallOffset += (this.random() - 0.5) * 2000;
    this.reload();
  }

  /** The phone sleeps: its monotonic clock stands still. */
  sleep() {
    this.cut();
    const ms = 200 + this.random() * 30000;
    this.time += ms;
    this.slept += ms;
    this.look();
  }

  /** The server takes the oldest message in and answers. */
  serve() {
    if (!this.up || this.up.toServer.length === 0) return;
    const m = JSON.parse(this.up.toServer.shift()), s = this.server;
    const say = (a) => this.up.toPhone.push(JSON.stringify(Object.assign({ ref: m.ref }, a)));
    const dice = this.random();
    if (dice < 0.05) return say({ tipo: "error", codigo: "no_disponible", reintentar_ms: 100, id_registro: m.id_registro });
    if (dice < 0.08) return this.up.toPhone.push(JSON.stringify({ tipo: "error", codigo: "limite_de_velocidad" }));
    switch (m.tipo) {
      case "registrar_tiempo": {
        const frame = JSON.stringify(m);
        if (s.frames[m.id_registro] !== undefined && s.frames[m.id_registro] !== frame) this.faults.push("another content: " + frame + " after " + s.frames[m.id_registro]);
        s.frames[m.id_registro] = frame;
        if (s.numbers[m.secuencia] !== undefined && s.numbers[m.secuencia] !== m.id_registro) this.faults.push("number " + m.secuencia + " twice");
        s.numbers[m.secuencia] = m.id_registro;
        const known = s.marks[m.id_registro];
        if (known) return say({ tipo: "tiempo_registrado", registro: { id_registro: m.id_registro }, duplicado: true });
        if (!s.running) return say({ tipo: "error", codigo: "competencia_no_en_curso", id_registro: m.id_registro });
        if (Object.keys(s.marks).length >= s.size) return say({ tipo: "error", codigo: "equipo_completo", id_registro: m.id_registro });
        s.marks[m.id_registro] = m;
        return say({ tipo: "tiempo_registrado", registro: { id_registro: m.id_registro }, duplicado: false });
      }
      case "anular_registro":
        if (s.frames[m.id_registro] === undefined) this.faults.push("taken back before it was sent: " + m.id_registro);
        s.voided[m.id_registro] = true;
        return say({ tipo: "registro_anulado", id_registro: m.id_registro, duplicado: false });
      case "declarar_marcas":
        s.declared.push(m);
        return say({ tipo: "marcas_declaradas", equipo_id: 7, total: m.total, guardadas: Object.keys(s.marks).length });
    }
    this.faults.push("unknown message " + JSON.stringify(m));
  }

  hear() {
    if (!this.up || this.up.toPhone.length === 0) return;
    this.sender.receive(JSON.parse(this.up.toPhone.shift()));
  }

  /** Everything works from now on, until nothing is left to do. @returns {boolean} whether it came to rest */
  settle() {
    this.start();
    for (let i = 0; i < 5000; i++) {
      if (!this.up) this.connect();
      this.gunKnown = this.server.gun;
      this.outbox.reopen(3, this.server.gun);
      this.pump();
      this.write();
      while (this.writing.length > 0) this.written();
      this.pump();
      this.serve();
      this.hear();
      this.time += 50;
      if (this.outbox.pending() === 0 && this.up.toPhone.length === 0 && this.outbox.dirty.size === 0) return true;
    }
    return false;
  }

  report() {
    return JSON.stringify({
      faults: this.faults, lives: this.lives, gun: this.server.gun,
      taps: Object.values(this.taps).sort((a, b) => a.number - b.number),
      marks: this.outbox.marks, server: this.server.marks, voided: this.server.voided,
      declared: this.server.declared, declarations: this.outbox.declarations,
    });
  }
}
