"use strict";
// Keeps pages of the panel fresh: chronometers, and the public socket of a competition. Everything
// else works without it.
(function () {
  var meta = function (name) {
    var m = document.querySelector('meta[name="' + name + '"]');
    return m ? m.content : "";
  };

  // The clock of the server. The answer began to arrive when the server had written its time into
  // the page, or a moment later; performance.now() does not jump when somebody sets the clock.
  var entry = performance.getEntriesByType("navigation")[0];
  var began = entry && entry.responseStart ? entry.responseStart : performance.now();
  var base = Number(meta("server-time")) - began;
  var serverNow = function () { return base + performance.now(); };

  var two = function (n) { return (n < 10 ? "0" : "") + n; };
  var clock = function (ms, withMs) {
    ms = Math.max(0, Math.round(ms));
    var s = Math.floor(ms / 1000), h = Math.floor(s / 3600);
    var text = h ? h + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60) : Math.floor(s / 60) + ":" + two(s % 60);
    if (!withMs) return text;
    var rest = String(ms % 1000);
    while (rest.length < 3) rest = "0" + rest;
    return text + "." + rest;
  };
  var tick = function () {
    document.querySelectorAll("[data-gun]").forEach(function (e) {
      var text = clock(serverNow() - Number(e.dataset.gun), false);
      if (e.textContent !== text) e.textContent = text;
    });
  };
  setInterval(tick, 200);
  tick();

  var announce = function (text) {
    var e = document.getElementById("announce");
    if (e) e.textContent = text;
  };

  // Errors of a form come first: whoever cannot see them hears them.
  var errors = document.getElementById("errors");
  if (errors) errors.focus();

  // A second press of a button within three seconds is the first one.
  document.addEventListener("submit", function (e) {
    var form = e.target, now = performance.now();
    if (form.method !== "post") return;
    if (form.dataset.sent && now - Number(form.dataset.sent) < 3000) e.preventDefault();
    else form.dataset.sent = now;
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (f) { delete f.dataset.sent; });
  });

  document.body.addEventListener("htmx:configRequest", function (e) {
    e.detail.headers["X-CSRF-Token"] = meta("csrf-token");
  });

  // A table that is refreshed keeps its place and the focus in it.
  var kept = null;
  document.body.addEventListener("htmx:beforeSwap", function (e) {
    var box = e.detail.target && e.detail.target.querySelector(".scroll");
    var active = document.activeElement;
    kept = box ? { left: box.scrollLeft, focus: box === active, href: box.contains(active) ? active.getAttribute("href") : null } : null;
  });
  document.body.addEventListener("htmx:afterSwap", function () {
    var box = kept && document.querySelector("#board .scroll");
    if (!box) return;
    box.scrollLeft = kept.left;
    if (kept.focus) box.focus();
    if (kept.href) {
      var link = Array.prototype.find.call(box.querySelectorAll("a"), function (a) { return a.getAttribute("href") === kept.href; });
      if (link) link.focus();
    }
  });

  var page = document.querySelector("[data-live]");
  if (!page || !window.WebSocket) return;
  var state = page.querySelector("[data-live-state]");
  var text = state.dataset;
  var table = document.querySelector("[data-teams]"); // another one after it was fetched again
  document.body.addEventListener("htmx:afterSwap", function () {
    table = document.querySelector("[data-teams]");
    recount();
  });
  var heard = 0, live = null, since = null, stream = null, wait = 1000, socket = null;

  var show = function () {
    if (live === null) return; // the first connection is being made
    var age = heard ? Math.floor((performance.now() - heard) / 1000) : 0;
    var words = (live ? text.textOn : text.textOff) + (heard ? " · " + text.textAge.replace("{}", age) : "");
    if (state.textContent !== words) state.textContent = words;
    state.classList.toggle("off", !live);
  };
  var setLive = function (on) {
    if (live !== on) announce(on ? text.textOn : text.textOff);
    live = on;
    show();
  };
  setInterval(show, 1000);

  var recount = function () {
    var e = document.querySelector("[data-complete]");
    if (!e || !table || location.search.indexOf("estado=") >= 0 || location.search.indexOf("buscar=") >= 0) return;
    var n = 0;
    table.querySelectorAll('[data-cell="records"]').forEach(function (c) { if (Number(c.textContent) === Number(table.dataset.size)) n++; });
    e.textContent = n;
  };

  // One team: how many records it has, and their sum.
  var update = function (t, quietly) {
    if (!table) return;
    var row = table.querySelector('[data-team="' + Number(t.equipo_id) + '"]');
    if (!row) return;
    var records = row.querySelector('[data-cell="records"]');
    var before = Number(records.textContent), size = Number(table.dataset.size);
    row.querySelector('[data-cell="total"]').textContent = clock(t.tiempo_total, true);
    if (before === t.total_registros) return;
    records.textContent = t.total_registros;
    row.classList.add("fresh");
    setTimeout(function () { row.classList.remove("fresh"); }, 1500);
    if (t.total_registros === size && before !== size) {
      row.querySelector('[data-cell="status"]').textContent = table.dataset.textComplete;
      if (!quietly) announce(text.textComplete + ": " + row.dataset.name);
    }
    recount();
  };

  var changed = function (say) {
    document.body.dispatchEvent(new Event("race"));
    if (say) announce(text.textChanged);
  };

  var receive = function (m) {
    if (typeof m.sec === "number" && typeof m.epoca === "number") { since = m.sec; stream = m.epoca; }
    switch (m.tipo) {
      case "registros_actualizados": update(m.data, false); break;
      case "instantanea": (m.data.equipos || []).forEach(function (t) { update(t, true); }); changed(false); break;
      case "competencia_iniciada": case "competencia_detenida": changed(true); break;
      // The public is told nothing of hidden teams; whoever may see them asks the panel.
      case "sin_cambios": document.body.dispatchEvent(new Event("concealed")); break;
      case "estado_en_vivo": setLive(m.data.en_vivo); break;
    }
  };

  var open = function () {
    var url = (location.protocol === "https:" ? "wss://" : "ws://") + location.host + page.dataset.live;
    if (since !== null) url += "?desde=" + since + "&epoca=" + stream;
    socket = new WebSocket(url);
    socket.onopen = function () { wait = 1000; heard = performance.now(); setLive(true); };
    socket.onmessage = function (e) {
      heard = performance.now();
      try { receive(JSON.parse(e.data)); } catch (_) { /* not for us */ }
    };
    socket.onclose = function () {
      setLive(false);
      setTimeout(open, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, 15000);
    };
  };
  // A ping shows that the line is alive although nothing happens in the race.
  setInterval(function () { if (socket && socket.readyState === 1) socket.send('{"tipo":"ping"}'); }, 10000);
  open();
})();
