// A page that follows a competition: the live page and the screen by the model, the page of a team
// and the announcer's desk by asking for themselves again.
const POLL_EVERY = 10000, SOON = 3000, REDRAW = 60;

function follow(state) {
  const clock = makeServerClock(() => performance.now(), () => Date.now());
  const page = {
    state, clock, texts: state.textos, lang: state.idioma, whole: state.enteros, asker: makeAsker(clock), herald: makeHerald(),
    model: state.datos ? makeModel(state.datos) : null, categories: new Map((state.datos ? state.datos.categorias : []).map((c) => [c.codigo, c.nombre])),
  };
  const base = "/competencia/" + state.competencia + "/";
  const at = { seq: state.sec, stream: state.epoca };
  // What the words around the results depend on, as the page has them.
  const words = (d) => [d.estado, d.version, d.cambios, d.competencia.salida_ms, d.competencia.programada_ms, d.competencia.name].join();
  let painted = state.datos ? words(state.datos) : "";
  let link = null, open = false, live = true, heard = performance.now(), fresh = new Set(), drawing = 0, changed = false, lastTag = "";

  const draw = () => {
    drawing = 0;
    const lit = fresh;
    fresh = new Set();
    const before = page.leader;
    page.model.rank();
    document.querySelectorAll("[data-board]").forEach((table) => fillTable(page, table, lit));
    document.querySelectorAll("[data-podium]").forEach((list) => fillPodium(page, list));
    fillRecent(page, lit);
    count();
    page.leader = page.model.leader();
    if (page.leader && page.leader !== before && before !== undefined) {
      const l = page.model.byTeam.get(page.leader);
      page.herald(say(page.texts, "say.leader", l.equipo_nombre, timeText(l.tiempo_total, page.whole)));
    }
    if (page.drawn) page.drawn();
  };
  const redraw = () => {
    if (page.model && !drawing) drawing = setTimeout(draw, document.hidden ? 1000 : REDRAW);
  };
  const count = () => {
    const done = page.model.complete();
    document.querySelectorAll('[data-count="complete"]').forEach((e) => setText(e, String(done)));
    document.querySelectorAll('[data-count="marks"]').forEach((e) => setText(e, String(page.model.marks())));
    document.querySelectorAll("[data-progress]").forEach((e) => (e.value = done));
  };

  // What is no longer public leaves nothing behind on the screen.
  const gone = (e) => {
    if (e.status === 404) location.reload();
    throw e;
  };

  // The state as the server has it.
  const refetch = (within) => page.asker.soon("data", within, async () => {
    const got = await page.asker.get(base + "datos.json", "json").catch(gone);
    if (state.pagina === "screen" && got.code && got.code !== state.codigo) {
      location.reload();
      return;
    }
    heard = performance.now() - got.age * 1000;
    const older = got.body.sec < at.seq && (!got.body.epoca || got.body.epoca === at.stream);
    if (got.tag === lastTag || !page.model || older) {
      if (older) refetch(6000); // the next one has what came meanwhile
      show();
      return;
    }
    lastTag = got.tag;
    const known = page.model.lines.length;
    page.model.replace(got.body);
    if (page.model.lines.length < known) page.herald.forget();
    if (link) link.moveTo(got.body.sec, got.body.epoca);
    page.categories = new Map(got.body.categorias.map((c) => [c.codigo, c.nombre]));
    if (words(got.body) !== painted) {
      painted = words(got.body);
      phase();
    }
    changed = true;
    redraw();
    show();
  });
  // Words around the results change with the phase: they are those of the page itself.
  const phase = () => page.asker.soon("page", 1000, async () => {
    const got = await page.asker.get(location.pathname + location.search, "text");
    takeParts(got.body, "[data-part]");
  });
  const drawCharts = (within) => {
    const box = document.getElementById("charts");
    if (!box) return;
    page.asker.soon("charts", within, async () => {
      const got = await page.asker.get(box.dataset.url, "text");
      const inner = box.querySelector("[data-charts]");
      if (inner.dataset.tag === got.tag) return;
      inner.dataset.tag = got.tag;
      const open = Array.from(inner.querySelectorAll("details"), (d) => d.open);
      inner.innerHTML = got.body;
      inner.querySelectorAll("details").forEach((d, i) => (d.open = Boolean(open[i])));
    });
  };
  const charts = () => {
    if (changed && !document.hidden) {
      changed = false;
      drawCharts(1);
      refetch(3000);
    }
    setTimeout(charts, 20000 + Math.random() * 20000);
  };
  // Pages of one team and of the announcer: the server renders them.
  const renew = (within) => page.asker.soon("fragment", within, async () => {
    const got = await page.asker.get(location.pathname + location.search, "text").catch(gone);
    takeParts(got.body, "[data-fragment], [data-part]");
    heard = performance.now();
  });

  const whole = (within) => (page.model ? refetch(within) : renew(state.pagina === "announcer" ? 500 : within));

  const lifecycle = (d) => {
    document.querySelectorAll("#clock").forEach((e) => {
      e.dataset.target = 0;
      e.dataset.gun = d.en_curso ? Date.parse(d.started_at) : 0;
      if (!d.en_curso && d.started_at && d.finished_at) e.textContent = clockText(Date.parse(d.finished_at) - Date.parse(d.started_at));
    });
    const name = d.en_curso ? "en_curso" : "provisional";
    document.querySelectorAll("[data-phase]").forEach((e) => {
      e.className = "chip " + name;
      setText(e.querySelector("[data-phase-text]"), page.texts["phase." + name]);
    });
    if (page.model) page.model.data.estado = name;
  };

  const event = (m) => {
    changed = true;
    const d = m.data || {};
    if (m.tipo === "registros_actualizados") {
      if (!page.model) {
        if (state.pagina === "announcer") renew(1500);
        else if (d.equipo_id === state.equipo) renew(600);
        return;
      }
      const news = page.model.apply(d);
      if (!page.model.byTeam.has(d.equipo_id)) refetch(3000);
      if (!news) return;
      if (page.model.data.estado !== "en_curso") refetch(SOON); // a ruling: it may have made more of it
      fresh.add(d.equipo_id);
      if (news.more) page.model.arrive(news);
      if (news.done) {
        page.model.rank();
        const l = news.line;
        page.herald(l.puesto ? say(page.texts, "say.done", l.equipo_nombre, l.puesto, timeText(l.tiempo_total, page.whole)) : say(page.texts, "say.done.out", l.equipo_nombre));
      }
      redraw();
      return;
    }
    if (m.tipo === "competencia_iniciada" || m.tipo === "competencia_detenida") {
      lifecycle(d);
      whole(SOON);
      redraw();
      return;
    }
    if (m.tipo === "instantanea") {
      if (page.model && Array.isArray(d.equipos)) {
        page.herald.forget();
        page.model.keepOnly(new Set(d.equipos.map((e) => e.equipo_id)));
        d.equipos.forEach((e) => page.model.apply(e));
        redraw();
      }
      // Rulings come so, and what they conceal must be gone within five seconds.
      whole(SOON);
      drawCharts(SOON);
    }
  };

  // How current the page is, in words.
  const show = () => {
    const now = performance.now(), age = Math.max(0, Math.floor((now - heard) / 1000));
    const connected = open && live;
    let key = "live.off";
    if (!state.socket) key = "live.closed";
    else if (connected) key = page.model && page.model.data.estado !== "en_curso" ? "live.idle" : "live.on";
    else if (open) key = "live.away";
    else if (now < 4000) key = "live.wait";
    document.querySelectorAll("[data-live]").forEach((e) => {
      e.classList.toggle("off", Boolean(state.socket) && !connected && now >= 4000);
      e.classList.toggle("on", connected);
      setText(e.querySelector("[data-live-state]"), page.texts[key]);
      const old = state.socket && !connected && age >= 3;
      setText(e.querySelector("[data-age]"), !old ? "" : age < 120 ? say(page.texts, "age.seconds", age) : say(page.texts, "age.minutes", Math.floor(age / 60)));
    });
  };

  if (page.model) page.leader = page.model.leader();
  if (state.socket) {
    link = listen("/ws" + base, at, clock, {
      heard: () => {
        if (live) heard = performance.now();
      },
      event,
      gap: () => whole(1000),
      live: (is) => {
        live = is;
        show();
      },
      open: () => {
        open = live = true;
        heard = performance.now();
        if (page.again) whole(SOON); // what is not in events may have changed, too
        page.again = true;
        show();
      },
      closed: () => {
        if (open && live) heard = performance.now();
        open = false;
        show();
      },
    });
    setInterval(() => {
      if (!open && !document.hidden) whole(3000);
    }, POLL_EVERY);
    setTimeout(charts, 15000 + Math.random() * 10000);
    if (state.pagina === "announcer") setInterval(() => document.hidden || renew(1000), POLL_EVERY); // projections move with the clock
  }
  page.refresh = whole;
  setInterval(show, 1000);
  show();
  return page;
}

/** Makes the clocks of the page run by the server's clock. */
function runClocks(clock, patience, texts) {
  const began = performance.now();
  const tick = () => {
    if (!clock.synced() && performance.now() - began < patience) return;
    const now = clock.now();
    document.querySelectorAll("[data-gun], [data-target]").forEach((e) => {
      const gun = Number(e.dataset.gun), target = Number(e.dataset.target);
      if (gun) setText(e, clockText(now - gun));
      else if (target) setText(e, target <= now && e.dataset.late ? e.dataset.late : countdownText(target - now, texts));
    });
  };
  setInterval(tick, 250);
  tick();
}
