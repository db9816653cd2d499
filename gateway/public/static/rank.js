// Orders lines of results as the server does: ranked by total, then disqualified, incomplete and
// surplus ones by bib. A test holds it to race.Evidence.Standings. It needs nothing of a browser.
const STATUS_ORDER = { clasificado: 0, descalificado: 1, incompleto: 2, excedido: 3 };

/** @returns {number} as for sort */
function compareLines(a, b) {
  const by = (STATUS_ORDER[a.estado] || 0) - (STATUS_ORDER[b.estado] || 0);
  if (by !== 0) return by;
  if (a.estado === "clasificado" && a.tiempo_total !== b.tiempo_total) return a.tiempo_total - b.tiempo_total;
  return a.dorsal - b.dorsal || a.equipo_id - b.equipo_id;
}

// Places that the public does not see are kept free: what a line was ahead of its count when the
// server last said its place moves those behind it, too. They stand in `_skip`.
function rankWithin(lines, place, gap, skip) {
  let count = 0, current = 0, total = null, first = null, hidden = 0;
  for (const line of lines) {
    if (line.estado !== "clasificado") {
      line[place] = null;
      line[gap] = null;
      continue;
    }
    count++;
    hidden = Math.max(hidden, line[skip] || 0);
    if (total === null || line.tiempo_total !== total) {
      current = count + hidden;
      total = line.tiempo_total;
    }
    if (first === null) first = total;
    line[place] = current;
    line[gap] = total - first;
  }
}

/**
 * Sorts the lines in place and numbers them, overall and within their category.
 * @param {Array<object>} lines as in datos.json
 */
function rank(lines) {
  lines.sort(compareLines);
  rankWithin(lines, "puesto", "diferencia", "_skip");
  const groups = new Map();
  for (const line of lines) {
    if (!groups.has(line.categoria)) groups.set(line.categoria, []);
    groups.get(line.categoria).push(line);
  }
  for (const group of groups.values()) rankWithin(group, "puesto_categoria", "diferencia_categoria", "_skipCategory");
  return lines;
}

/** Notes which places are kept free for whom the public does not see; lines come as the server orders them. */
function noteSkips(lines) {
  const given = lines.map((l) => [l.puesto, l.puesto_categoria]);
  for (const l of lines) {
    l._skip = 0;
    l._skipCategory = 0;
  }
  rank(lines);
  lines.forEach((l, i) => {
    if (given[i][0]) l._skip = Math.max(0, given[i][0] - l.puesto);
    if (given[i][1]) l._skipCategory = Math.max(0, given[i][1] - l.puesto_categoria);
  });
  return rank(lines);
}
