// The public socket: it goes on where the page is, comes back by itself after a cut, and measures
// the server's clock. Who listens gets events in their order, without gaps.
const PING_EVERY = 15000, PONG_WITHIN = 10000, FIRST_WAIT = 800, LONGEST_WAIT = 20000;

/**
 * @param {object} at seq and stream of what the page has
 * @param {object} on event(message), gap(), live(bool), open(), closed()
 */
function listen(path, at, clock, on) {
  let socket = null, wait = FIRST_WAIT, timer = 0, pinger = 0, deadline = 0;

  const url = () => {
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    return scheme + location.host + path + "?desde=" + at.seq + (at.stream ? "&epoca=" + at.stream : "");
  };
  const ping = () => {
    if (!socket || socket.readyState !== 1) return;
    socket.send(JSON.stringify({ tipo: "ping", t0: performance.now() }));
    clearTimeout(deadline);
    deadline = setTimeout(() => socket && socket.close(), PONG_WITHIN);
  };
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(open, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 1.7, LONGEST_WAIT);
  };
  const take = (m) => {
    if (m.tipo === "pong") {
      clearTimeout(deadline);
      if (m.t1 && m.t2) clock.add(Number(m.t0), m.t1, m.t2, performance.now());
      on.heard();
      return;
    }
    if (m.tipo === "estado_en_vivo") {
      on.live(Boolean(m.data && m.data.en_vivo));
      return;
    }
    on.heard();
    if (m.tipo === "conexion_establecida") {
      if (!at.stream) at.stream = m.epoca;
      return;
    }
    if (m.tipo === "resincronizar") return; // the state follows
    if (m.tipo === "instantanea") {
      at.seq = m.sec;
      at.stream = m.epoca;
      on.event(m);
      return;
    }
    if (typeof m.sec !== "number" || m.sec <= at.seq) return;
    if (m.sec !== at.seq + 1) on.gap();
    at.seq = m.sec;
    on.event(m);
  };

  function open() {
    clearTimeout(timer);
    if (socket) return;
    let opened = false;
    socket = new WebSocket(url());
    socket.onopen = () => {
      opened = true;
      wait = FIRST_WAIT;
      on.open();
      ping();
      setTimeout(ping, 400); // a second sample: the first one waits for the welcome
      pinger = setInterval(ping, PING_EVERY);
    };
    socket.onmessage = (e) => {
      let m = null;
      try {
        m = JSON.parse(e.data);
      } catch (_) {
        return;
      }
      if (m && typeof m === "object") take(m);
    };
    socket.onclose = () => {
      socket = null;
      clearInterval(pinger);
      clearTimeout(deadline);
      on.closed(opened);
      again();
    };
  }

  const wake = () => {
    if (!document.hidden && !socket) {
      wait = FIRST_WAIT;
      open();
    }
  };
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  window.addEventListener("pagehide", () => socket && socket.close());
  open();
  return { moveTo(seq, stream) {
    at.seq = stream && at.stream && stream !== at.stream ? seq : Math.max(at.seq, seq);
    at.stream = stream || at.stream;
  } };
}
