// Tables of standings. Rows keep their place in the document as long as they can; one that moves
// glides there, unless people asked for less motion.
const GLIDE = 350;
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Sets a text only when it changed, so that nothing is drawn or told twice. */
function setText(e, text) {
  if (e && e.textContent !== text) e.textContent = text;
}

function el(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function teamLink(page, l) {
  const a = el("a", "name", l.equipo_nombre);
  a.href = "/equipo/" + l.equipo_id + "/" + (page.lang === "es" ? "" : "?lang=" + page.lang);
  return a;
}

function makeRow(page, l) {
  const tr = el("tr");
  tr.dataset.team = l.equipo_id;
  const cell = (className, name) => {
    const td = el("td", className);
    if (name) td.dataset.cell = name;
    tr.append(td);
    return td;
  };
  cell("num place", "place");
  setText(cell("num bib"), String(l.dorsal));
  const th = el("th", "team");
  th.scope = "row";
  const a = teamLink(page, l);
  a.className = "";
  th.append(a, el("span", "category", page.categories.get(l.categoria) || ""));
  tr.append(th);
  cell("num records", "records");
  cell("num total", "total");
  cell("num gap", "gap");
  cell("status", "status").append(el("span", "word"));
  return tr;
}

function fillRow(page, tr, l, scope) {
  const place = scope ? l.puesto_categoria : l.puesto, gap = scope ? l.diferencia_categoria : l.diferencia;
  const close = scope ? l.dentro_incertidumbre_categoria : l.dentro_incertidumbre;
  const [kind, words] = statusOf(l, page.model.data, page.texts);
  const name = kind + (place ? " place-" + place : "");
  if (tr.dataset.kind !== name) {
    tr.dataset.kind = name;
    const fresh = tr.classList.contains("fresh");
    tr.className = name + (fresh ? " fresh" : "");
  }
  const at = (c) => tr.querySelector('[data-cell="' + c + '"]');
  setText(at("place"), place ? String(place) : "–");
  setText(at("records"), l.total_registros + "/" + page.model.data.competencia.integrantes);
  setText(at("total"), l.total_registros > l.ausentes ? timeText(l.tiempo_total, page.whole) : "");
  setText(at("gap"), place && gap > 0 ? "+" + timeText(gap, page.whole) : "");
  const status = at("status");
  setText(status.querySelector(".word"), words);
  badge(status, "close", close ? page.texts["close.badge"] : "");
  badge(status, "penalty", l.penalizacion ? say(page.texts, "penalty", clockText(l.penalizacion)) : "");
}

function badge(cell, name, text) {
  let e = cell.querySelector("." + name);
  if (!text) {
    if (e) e.remove();
    return;
  }
  if (!e) {
    e = el("span", name);
    cell.append(" ", e);
  }
  setText(e, text);
}

/** Brings a table to the order and the words of the model; those in `fresh` are lit for a moment. */
function fillTable(page, table, fresh) {
  const scope = table.dataset.board, body = table.tBodies[0];
  const rows = new Map(Array.from(body.rows, (tr) => [Number(tr.dataset.team), tr]));
  const lines = page.model.lines.filter((l) => !scope || l.categoria === scope);
  const wanted = new Set(lines.map((l) => l.equipo_id));
  for (const [id, tr] of rows) {
    if (!wanted.has(id)) tr.remove();
  }
  const inOrder = Array.from(body.rows, (tr) => Number(tr.dataset.team)).join() === lines.map((l) => l.equipo_id).join();
  const tops = new Map();
  if (!inOrder && !still.matches && !document.hidden) {
    for (const tr of body.rows) tops.set(tr, tr.getBoundingClientRect().top);
  }
  let before = null;
  for (const l of lines) {
    const tr = rows.get(l.equipo_id) || makeRow(page, l);
    fillRow(page, tr, l, scope);
    const next = before ? before.nextElementSibling : body.firstElementChild;
    if (next !== tr) body.insertBefore(tr, next);
    before = tr;
    if (fresh.has(l.equipo_id)) light(tr);
  }
  for (const [tr, top] of tops) {
    const moved = top - tr.getBoundingClientRect().top;
    if (moved && tr.animate) tr.animate([{ transform: "translateY(" + moved + "px)" }, { transform: "none" }], { duration: GLIDE, easing: "ease-out" });
  }
}

function light(e) {
  e.classList.add("fresh");
  clearTimeout(e._fresh);
  e._fresh = setTimeout(() => e.classList.remove("fresh"), 4000);
}
