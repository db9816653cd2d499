// What this phone has marked and what became of it. Pure: no DOM, no storage, no socket, no clock.

/** Codes that say "later": nothing is known of the mark, it is sent again. */
const RETRY_CODES = ["no_disponible", "limite_de_velocidad"];
/** Codes of marks that the server has kept for the organizer, who decides about them. */
const KEPT_CODES = ["competencia_no_en_curso", "equipo_completo"];

/**
 * @typedef {object} Mark one tap, for ever
 * @property {string} id UUID, the same in every sending
 * @property {number} judge who tapped
 * @property {number} team
 * @property {number} competition
 * @property {number} number 1..n of this device in this competition, without gaps
 * @property {number} at instant of the tap, epoch ms on the virtual clock
 * @property {number} life of the clock that `at` belongs to, see Timeline
 * @property {boolean} absent a runner who is not there: `tiempo` 0
 * @property {"marked"|"sent"|"confirmed"|"refused"} state
 * @property {string} [code] of the refusal
 * @property {?{tiempo: number, gun: number, marcado_en: number, desfase_ms?: number, incertidumbre_ms?: number}} frozen
 *   what is sent, decided once
 * @property {?{state: "asked"|"done"|"refused", code?: string}} taken taken back by the judge
 * @property {number} rev grows with each change
 */

/**
 * @typedef {object} Declaration "15 marcas": what a judge stands for
 * @property {string} id UUID @property {number} judge @property {number} team @property {number} competition
 * @property {number} total @property {number} number highest of this device @property {number} at
 * @property {"asked"|"done"|"refused"} state @property {?number} stored what the server counts
 */

class Outbox {
  /** @param {{device: string, newID: () => string}} o */
  constructor(o) {
    this.device = o.device;
    this.newID = o.newID;
    this.marks = [];
    this.byID = new Map();
    this.declarations = [];
    this.highest = new Map(); // of each competition
    this.dirty = new Set();
    this.stored = new Map(); // id → rev that storage has
  }

  /** Takes what an earlier life of the page has stored. What it did not hear of is sent again. */
  load(marks, declarations) {
    // By number: instants of different lives cannot be compared.
    marks.slice().sort((a, b) => a.competition - b.competition || a.number - b.number).forEach((m) => {
      if (this.byID.has(m.id)) return;
      this.keep(m);
      this.stored.set(m.id, m.rev);
    });
    (declarations || []).forEach((d) => {
      this.declarations.push(d);
      this.stored.set(d.id, d.rev);
    });
    this.declarations.sort((a, b) => a.at - b.at);
  }

  keep(m) {
    this.marks.push(m);
    this.byID.set(m.id, m);
    this.highest.set(m.competition, Math.max(this.highestOf(m.competition), m.number));
  }

  /** The latest life of the clock that a mark is of, 0 for none. */
  lastLife() { return this.marks.reduce((n, m) => Math.max(n, m.life), 0); }

  /** The highest number given in a competition, 0 for none. */
  highestOf(competition) { return this.highest.get(competition) || 0; }

  /**
   * Appends a mark. It never refuses and never waits.
   * @param {{judge: number, team: number, competition: number, at: number, life: number, absent: boolean}} tap
   * @returns {Mark}
   */
  tap(tap) {
    const m = {
      id: this.newID(), judge: tap.judge, team: tap.team, competition: tap.competition,
      number: this.highestOf(tap.competition) + 1, at: tap.at, life: tap.life, absent: Boolean(tap.absent),
      state: "marked", frozen: null, taken: null, rev: 0,
    };
    this.keep(m);
    this.touch(m);
    return m;
  }

  touch(item) {
    item.rev++;
    this.dirty.add(item);
  }

  /** What storage has to write; the caller reports with `wrote` what it has written. */
  takeDirty() {
    const out = Array.from(this.dirty);
    this.dirty.clear();
    return out;
  }

  /** Storage has an item as it was at rev. */
  wrote(id, rev) { this.stored.set(id, Math.max(rev, this.stored.get(id) || 0)); }

  isStored(item) { return (this.stored.get(item.id) || 0) >= item.rev; }

  /**
   * Decides once what will be sent of a mark. `gun` is the announced start and `clock` what holds
   * for the mark, or null; both in ms. A mark before the start is 1 ms: 0 means absent.
   */
  freeze(m, gun, clock) {
    if (m.frozen) return;
    const offset = clock ? clock.offset : 0;
    const micro = (ms) => Math.round(ms * 1000) / 1000;
    m.frozen = { tiempo: m.absent ? 0 : Math.max(1, Math.min(86400000, Math.round(m.at + offset - gun))), gun, marcado_en: micro(m.at) };
    if (clock) {
      m.frozen.desfase_ms = micro(clock.offset);
      m.frozen.incertidumbre_ms = micro(clock.uncertainty);
    }
    this.touch(m);
  }

  /** The record on the wire and in files. Equal in every sending. */
  record(m) {
    const r = { id_registro: m.id, tiempo: m.frozen ? m.frozen.tiempo : null, marcado_en: m.frozen ? m.frozen.marcado_en : m.at };
    if (m.frozen && m.frozen.desfase_ms !== undefined) {
      r.desfase_ms = m.frozen.desfase_ms;
      r.incertidumbre_ms = m.frozen.incertidumbre_ms;
    }
    r.secuencia = m.number;
    r.dispositivo = this.device;
    return r;
  }

  /** A mark is on its way for the first time. */
  sending(m) {
    if (m.state !== "marked") return;
    m.state = "sent";
    this.touch(m);
  }

  confirm(m) {
    if (m.state === "confirmed") return;
    m.state = "confirmed";
    delete m.code;
    this.touch(m);
  }

  /** The server has refused a mark for good; RETRY_CODES are no refusal. */
  refuse(m, code) {
    if (m.state === "confirmed") return; // it is stored, whatever a later answer says
    m.state = "refused";
    m.code = code;
    this.touch(m);
  }

  /** The race runs again from the same gun: what it refused for not running may count now. */
  reopen(competition, gun) {
    this.marks.forEach((m) => {
      if (m.competition !== competition || m.state !== "refused" || m.code !== "competencia_no_en_curso" || m.frozen.gun !== gun) return;
      m.state = "sent";
      delete m.code;
      this.touch(m);
    });
  }

  /** The judge takes a mark back. It is sent all the same, so that numbers have no gap. */
  takeBack(m) {
    if (m.taken) return;
    m.taken = { state: "asked" };
    this.touch(m);
  }

  tookBack(m, code) {
    if (!m.taken) return;
    m.taken = code ? { state: "refused", code } : { state: "done" };
    this.touch(m);
  }

  /** @returns {Declaration} */
  declare(judge, team, competition, total, at) {
    const d = { id: this.newID(), judge, team, competition, total, number: this.highestOf(competition), at, state: "asked", stored: null, rev: 0 };
    this.declarations.push(d);
    this.touch(d);
    return d;
  }

  declared(d, stored, code) {
    d.state = code ? "refused" : "done";
    d.code = code;
    d.stored = stored;
    this.touch(d);
  }

  /** The latest declaration of a team, or null. */
  declarationOf(team) {
    for (let i = this.declarations.length - 1; i >= 0; i--) if (this.declarations[i].team === team) return this.declarations[i];
    return null;
  }

  ofTeam(team) { return this.marks.filter((m) => m.team === team); }

  /** Marks of which the server has not said what became of them, and what else waits to be heard. */
  pending(judge, competition) {
    const mine = (x) => (judge === undefined || x.judge === judge) && (competition === undefined || x.competition === competition);
    return this.marks.filter((m) => mine(m) && isPending(m)).length + this.declarations.filter((d) => mine(d) && d.state === "asked").length;
  }
}

/** A mark of which something still has to reach the server. */
const isPending = (m) => m.state === "marked" || m.state === "sent" || (m.taken !== null && m.taken.state === "asked" && canTakeBack(m));

/** The server knows a mark and can take it back: it is stored, counted or kept. */
const canTakeBack = (m) => m.state === "confirmed" || (m.state === "refused" && KEPT_CODES.includes(m.code));

/**
 * How a mark stands, in one word: marked, sent, confirmed, kept (for the organizer), attention
 * (refused, somebody has to look), voided.
 */
const statusOf = (m) => {
  if (m.taken && m.taken.state !== "refused") return "voided";
  if (m.state !== "refused") return m.state;
  return KEPT_CODES.includes(m.code) ? "kept" : "attention";
};
