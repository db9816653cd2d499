// Sends what the outbox has and hears what became of it. Pure: time and socket are passed in.

/** Messages without an answer at the same time: few enough for the server's limit per second. */
const WINDOW = 8;
/** After so many ms without an answer the connection is taken for dead; the server needs 9 s at most. */
const ANSWER_MS = 15000;
/** When the server does not say when to come back. */
const PAUSE_MS = 1000;

/**
 * Sender keeps a bounded number of messages in flight, in the order of the marks. What is not
 * answered when the connection goes is sent again on the next one, byte for byte.
 */
class Sender {
  /**
   * @param {object} o
   * @param {Outbox} o.outbox
   * @param {(message: object) => boolean} o.transmit false when there is no connection
   * @param {() => number} o.mono monotonic ms
   * @param {() => boolean} o.measuring the clock is being measured: marks wait for that
   * @param {(m: Mark) => ?object} o.clockFor the clock that holds for a mark, or null
   * @param {(competition: number) => ?number} o.gunOf announced start, server's epoch ms, or null before it
   * @param {(changed: object) => void} o.changed a mark or declaration has changed
   */
  constructor(o) {
    Object.assign(this, o);
    this.flying = new Map(); // ref → {item, kind, since}
    this.judge = null;
    this.openedAt = null;
    this.pausedUntil = 0;
  }

  /** A connection of a judge is open. */
  opened(judge) {
    this.judge = judge;
    this.openedAt = this.mono();
    this.pausedUntil = 0;
    this.flying.clear();
  }

  /** The connection is gone, with whatever was in flight. */
  closed() {
    this.openedAt = null;
    this.flying.clear();
  }

  /** Whether the oldest message in flight has waited too long for its answer. */
  stalled() {
    const now = this.mono();
    return Array.from(this.flying.values()).some((f) => now - f.since > ANSWER_MS);
  }

  /**
   * Decides what can be decided and sends what storage has. To be called whenever anything has
   * happened, and each second. @returns {boolean} whether storage has something to write first
   */
  pump() {
    if (this.openedAt === null) return false;
    this.freezeAll();
    if (this.mono() < this.pausedUntil) return this.outbox.dirty.size > 0;
    for (const job of this.queue()) {
      if (this.flying.size >= WINDOW) break;
      if (this.flying.has(job.message.ref)) continue;
      if (!this.outbox.isStored(job.item)) break; // in order: the next ones wait too
      if (!this.transmit(job.message)) break;
      this.flying.set(job.message.ref, { item: job.item, kind: job.kind, since: this.mono() });
    }
    return this.outbox.dirty.size > 0;
  }

  /** Freezes every mark of this judge whose race has started, once the clock is measured or not to be had. */
  freezeAll() {
    const measuring = this.measuring();
    this.outbox.marks.forEach((m) => {
      if (m.judge !== this.judge || m.state !== "marked") return;
      if (!m.frozen) {
        const gun = this.gunOf(m.competition);
        if (gun === null || measuring) return;
        this.outbox.freeze(m, gun, this.clockFor(m));
      }
      this.outbox.sending(m);
    });
  }

  /** What there is to send, in order. */
  queue() {
    const jobs = [], waiting = new Set(); // teams with marks that are not answered
    this.outbox.marks.forEach((m) => {
      if (m.judge !== this.judge) return;
      if (m.state === "marked") waiting.add(m.team);
      if (m.state === "sent") {
        waiting.add(m.team);
        jobs.push({ item: m, kind: "mark", message: Object.assign({ tipo: "registrar_tiempo", ref: m.id, equipo_id: m.team }, this.outbox.record(m)) });
      }
      if (m.taken && m.taken.state === "asked" && canTakeBack(m)) {
        waiting.add(m.team);
        jobs.push({ item: m, kind: "void", message: { tipo: "anular_registro", ref: "v:" + m.id, equipo_id: m.team, id_registro: m.id } });
      }
    });
    this.outbox.declarations.forEach((d) => {
      if (d.judge !== this.judge || d.state !== "asked" || waiting.has(d.team)) return;
      jobs.push({ item: d, kind: "declare", message: {
        tipo: "declarar_marcas", ref: "d:" + d.id, equipo_id: d.team, total: d.total,
        dispositivo: this.outbox.device, secuencia: d.number, id_declaracion: d.id,
      } });
    });
    return jobs;
  }

  /** Takes a message of the server. @returns {boolean} whether it was an answer */
  receive(m) {
    switch (m.tipo) {
      case "tiempo_registrado": {
        const mark = this.outbox.byID.get((m.registro && m.registro.id_registro) || m.ref);
        this.landed(mark && mark.id);
        if (mark) this.settle(mark, () => this.outbox.confirm(mark)); // duplicado: stored by an earlier sending
        return true;
      }
      case "registro_anulado": {
        const mark = this.outbox.byID.get(m.id_registro);
        this.landed("v:" + m.id_registro);
        if (mark) this.settle(mark, () => this.outbox.tookBack(mark));
        return true;
      }
      case "marcas_declaradas": {
        const flight = this.landed(m.ref);
        if (flight && flight.kind === "declare") this.settle(flight.item, () => this.outbox.declared(flight.item, m.guardadas));
        return true;
      }
      case "error":
        this.refused(m);
        return true;
    }
    return false;
  }

  refused(m) {
    const code = m.codigo;
    if (RETRY_CODES.includes(code)) {
      this.pausedUntil = this.mono() + (m.reintentar_ms > 0 ? m.reintentar_ms : PAUSE_MS);
      // Who sends too fast is not told which message was dropped: all may be sent again.
      if (m.ref) this.landed(m.ref);
      else this.flying.clear();
      return;
    }
    const flight = this.landed(m.ref || m.id_registro);
    if (!flight) return;
    const item = flight.item;
    switch (flight.kind) {
      case "mark":
        this.settle(item, () => this.outbox.refuse(item, code));
        break;
      case "void":
        this.settle(item, () => this.outbox.tookBack(item, code));
        break;
      default:
        this.settle(item, () => this.outbox.declared(item, null, code));
    }
  }

  /** A message is answered. */
  landed(ref) {
    const flight = this.flying.get(ref);
    this.flying.delete(ref);
    return flight;
  }

  settle(item, change) {
    const before = item.rev;
    change();
    if (item.rev !== before) this.changed(item);
  }
}
