// The results as this page knows them. It needs nothing of a browser.

/** @param {object} data as in datos.json */
function makeModel(data) {
  const m = { data: null, lines: [], byTeam: new Map(), recent: [], touched: new Set() };

  /** Takes the whole state as the server has it. */
  m.replace = (fresh) => {
    m.data = fresh;
    m.lines = fresh.resultados;
    m.recent = fresh.recientes.slice();
    m.byTeam = new Map(m.lines.map((l) => [l.equipo_id, l]));
    noteSkips(m.lines);
  };

  /**
   * One team as an event tells it. Returns what is new about it, null when nothing is.
   * @param {object} e equipo_id, total_registros, tiempo_total and, from newer servers, estado, ausentes
   */
  m.apply = (e) => {
    const l = m.byTeam.get(e.equipo_id);
    if (!l) return null;
    const before = { records: l.total_registros, total: l.tiempo_total, status: l.estado };
    l.total_registros = e.total_registros;
    l.tiempo_total = e.tiempo_total;
    if (e.ausentes !== undefined) l.ausentes = e.ausentes;
    const status = e.estado || statusOfCounts(l, m.data.competencia.integrantes);
    if (status !== l.estado) {
      l.estado = status;
      l.causa = status === "descalificado" ? (l.ausentes > 0 ? "ausente" : "decision") : { incompleto: "faltan", excedido: "sobran" }[status] || "";
      l.motivo = "";
    }
    if (before.records === l.total_registros && before.total === l.tiempo_total && before.status === l.estado) return null;
    l.dentro_incertidumbre = false; // until the server says so again
    l.dentro_incertidumbre_categoria = false;
    const one = l.total_registros === before.records + 1;
    const mark = one && l.tiempo_total > before.total ? l.tiempo_total - before.total : null;
    const full = m.data.competencia.integrantes;
    return { line: l, mark, more: l.total_registros > before.records, done: l.total_registros >= full && before.records < full };
  };

  /** Puts a team first among who is just in. */
  m.arrive = (news) => {
    const l = news.line;
    m.recent = m.recent.filter((r) => r.equipo_id !== l.equipo_id);
    m.recent.unshift({ equipo_id: l.equipo_id, total_registros: l.total_registros, tiempo: news.mark, completo: l.total_registros >= m.data.competencia.integrantes });
    m.recent.length = Math.min(m.recent.length, 8);
  };

  /** Forgets teams that the server no longer names; says whether there are others that we do not know. */
  m.keepOnly = (ids) => {
    m.lines = m.lines.filter((l) => ids.has(l.equipo_id));
    m.byTeam = new Map(m.lines.map((l) => [l.equipo_id, l]));
    m.recent = m.recent.filter((r) => ids.has(r.equipo_id));
    return ids.size !== m.byTeam.size;
  };

  m.rank = () => rank(m.lines);
  m.leader = () => (m.lines.length && m.lines[0].puesto === 1 ? m.lines[0].equipo_id : 0);
  m.complete = () => m.lines.filter((l) => l.total_registros >= m.data.competencia.integrantes).length;
  m.marks = () => m.lines.reduce((n, l) => n + l.total_registros, 0);
  m.replace(data);
  return m;
}

function statusOfCounts(l, size) {
  if (l.ausentes > 0 || (l.estado === "descalificado" && l.causa === "decision")) return "descalificado";
  if (l.total_registros < size) return "incompleto";
  return l.total_registros > size ? "excedido" : "clasificado";
}

/** How a team stands, for its look and for people, as the server says it. */
function statusOf(l, data, texts) {
  const size = data.competencia.integrantes;
  if (l.estado === "clasificado") return ["ok", texts["status.clasificado"]];
  if (l.causa === "ausente") return ["bad", texts["status.absent"]];
  if (l.estado === "descalificado") return ["bad", l.motivo ? say(texts, "status.ruled", l.motivo) : texts["status.out"]];
  if (l.estado === "excedido") return ["warn", sayCount(texts, "status.surplus", l.total_registros - size)];
  if (data.estado === "programada" || (data.estado === "en_curso" && l.total_registros === 0)) return ["wait", texts["status.waiting"]];
  if (data.estado === "en_curso") return ["run", texts["status.marks"]];
  return ["warn", sayCount(texts, "status.missing", size - l.total_registros)];
}
