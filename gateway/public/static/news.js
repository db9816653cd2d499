// Who is just in, who stands on the podium, and what screen readers are told: a new leader and
// teams that are complete, not every mark.
function fillRecent(page, fresh) {
  const list = document.getElementById("justin");
  if (!list || list.dataset.served) return;
  const items = page.model.recent.map((r) => {
    const l = page.model.byTeam.get(r.equipo_id);
    if (!l) return null;
    const li = el("li", r.completo ? "done" : "");
    li.dataset.recent = r.equipo_id;
    let what = l.total_registros + "/" + page.model.data.competencia.integrantes;
    if (r.completo) what = page.texts["recent.done"] + (l.puesto ? " · " + ordinalText(page.lang, l.puesto) : "");
    const when = l.puesto ? timeText(l.tiempo_total, page.whole) : r.tiempo ? clockText(r.tiempo) : "";
    li.append(el("span", "bib", String(l.dorsal)), " ", teamLink(page, l), " ", el("span", "what", what), " ", el("span", "when", when));
    if (fresh.has(r.equipo_id)) light(li);
    return li;
  }).filter(Boolean);
  if (!items.length) items.push(el("li", "none", page.texts["recent.none"]));
  replaceIfOther(list, items);
}

function fillPodium(page, list) {
  const scope = list.dataset.podium;
  const items = [];
  for (const l of page.model.lines) {
    const place = scope ? l.puesto_categoria : l.puesto;
    if (!place || place > 3 || (scope && l.categoria !== scope)) continue;
    const li = el("li", "step place-" + place);
    li.dataset.podiumTeam = l.equipo_id;
    li.append(el("span", "medal", ordinalText(page.lang, place)), " ", teamLink(page, l), " ", el("span", "total", timeText(l.tiempo_total, page.whole)));
    items.push(li);
  }
  if (!items.length) items.push(el("li", "none", page.texts["podium.none"]));
  replaceIfOther(list, items);
}

function replaceIfOther(list, items) {
  const same = list.children.length === items.length && items.every((li, i) => {
    const old = list.children[i];
    return old.textContent === li.textContent && !li.classList.contains("fresh");
  });
  if (!same) list.replaceChildren(...items);
}

/** Tells screen readers, at most every three seconds and the last few things only. */
function makeHerald() {
  const region = document.getElementById("announce");
  let queue = [], timer = 0;
  const speak = () => {
    timer = 0;
    if (!queue.length) return;
    region.textContent = queue.slice(-3).join(". ");
    queue = [];
    timer = setTimeout(speak, 3000);
  };
  const herald = (text) => {
    queue.push(text);
    if (!timer) timer = setTimeout(speak, 200);
  };
  // What was said may name a team that is no longer public.
  herald.forget = () => {
    queue = [];
    region.textContent = "";
  };
  return herald;
}
