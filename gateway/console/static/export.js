// Marks as a file and as frames of QR codes, for when the network never comes back. No DOM.

/** Characters of a part in one QR frame: few enough that a cheap camera reads it off a screen. */
const FRAME_CHARS = 280;
/** What a file and a frame begin with. */
const FILE_FORMAT = "server5k-marcas-1", FRAME_PREFIX = "S5K1";

/**
 * The file that organizers can import. A mark that was taken back says so (`anulado`), since its
 * number must not be missing.
 * @param {{outbox: Outbox, judge: string, bibs: Map<number, number>, now: number, only?: (m: Mark) => boolean}} o
 *   judge: user name; bibs: of the teams; now: epoch ms of the server as far as known
 */
const exportFile = (o) => {
  const teams = new Map();
  o.outbox.marks.filter(o.only || (() => true)).forEach((m) => {
    if (!teams.has(m.team)) teams.set(m.team, { equipo_id: m.team, dorsal: o.bibs.get(m.team) || null, registros: [] });
    const record = o.outbox.record(m);
    if (m.taken && m.taken.state !== "refused") record.anulado = true;
    teams.get(m.team).registros.push(record);
  });
  return { formato: FILE_FORMAT, juez: o.judge, dispositivo: o.outbox.device, exportado: new Date(o.now).toISOString(), equipos: Array.from(teams.values()) };
};

/** JSON in ASCII only, so that it can be cut anywhere. */
const asciiJSON = (value) => JSON.stringify(value).replace(/[\u0080-\uffff]/g, (c) => "\\u" + ("000" + c.charCodeAt(0).toString(16)).slice(-4));

/** The texts of the QR frames of a file: `S5K1|i|n|PART`, i from 1. @returns {string[]} */
const exportFrames = (file) => {
  const text = asciiJSON(file), n = Math.ceil(text.length / FRAME_CHARS), out = [];
  for (let i = 0; i < n; i++) out.push([FRAME_PREFIX, i + 1, n, text.slice(i * FRAME_CHARS, (i + 1) * FRAME_CHARS)].join("|"));
  return out;
};
