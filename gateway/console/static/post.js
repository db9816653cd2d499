// The post of a team: what the server has of it, what this phone has, and both together. No DOM.

/** As many runners as a team has when the server has not said it. */
const DEFAULT_SIZE = 15;

/**
 * @typedef {object} Row one mark of a team, of whatever phone
 * @property {string} id @property {?number} tiempo ms @property {string} status see statusOf
 * @property {boolean} own of this phone @property {number} order sorts by instant @property {?Mark} mark
 */

/**
 * Puts together the marks of this phone and those that other phones have sent.
 * @param {Mark[]} own of the team
 * @param {?object} post what GET /api/equipos/{id}/puesto/ said last, or null
 * @param {number} [offset] of the server's clock, ms, for marks that have not been sent yet
 * @returns {{rows: Row[], marked: number, valid: number, confirmed: number, kept: number, attention: number, voided: number, pending: number, others: number, size: number}}
 *   marked: all that stand; valid: without those that wait for the organizer or are refused
 */
const postOf = (own, post, offset) => {
  const gun = post && post.competencia && post.competencia.started_at ? Date.parse(post.competencia.started_at) : null;
  const server = new Map();
  ((post && post.marcas) || []).forEach((s) => server.set(s.id_registro, s));
  const rows = own.map((m) => {
    const s = server.get(m.id);
    let status = statusOf(m);
    // What an organizer did with a mark that is stored holds here too.
    if (s && m.state === "confirmed" && status !== "voided") status = wireStatus(s.estado);
    if (s && status === "kept") status = wireStatus(s.estado);
    server.delete(m.id);
    return { id: m.id, tiempo: m.frozen ? m.frozen.tiempo : m.absent ? 0 : null, status, own: true, order: instantOfMark(m, offset || 0), mark: m };
  });
  server.forEach((s) => {
    const order = gun !== null && s.tiempo > 0 ? gun + s.tiempo : Date.parse(s.recibido) || 0;
    rows.push({ id: s.id_registro, tiempo: s.tiempo, status: wireStatus(s.estado), own: false, order, mark: null });
  });
  rows.sort((a, b) => a.order - b.order);
  const count = (...all) => rows.filter((r) => all.includes(r.status)).length;
  const kept = count("kept"), attention = count("attention"), voided = count("voided"), confirmed = count("confirmed");
  return {
    rows, kept, attention, voided, confirmed, pending: count("marked", "sent"),
    marked: rows.length - voided, valid: rows.length - voided - kept - attention, others: rows.filter((r) => !r.own).length,
    size: (post && post.integrantes) || DEFAULT_SIZE,
  };
};

/** The server's instant of a mark, ms, as far as it is known. */
const instantOfMark = (m, offset) => (m.frozen ? m.frozen.marcado_en + (m.frozen.desfase_ms || 0) : m.at + offset);

/** The status of a mark in the words of the server. */
const wireStatus = (estado) => ({ cuenta: "confirmed", retenida: "kept", anulada: "voided" }[estado] || "confirmed");
