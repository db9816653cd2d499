// What the page asks for again. There is never more than one question under way; what is asked for
// meanwhile waits, once.
function makeAsker(clock) {
  let busy = null;
  const waiting = new Map(), timers = new Map();
  const run = () => {
    if (busy || !waiting.size) return;
    const [name, task] = waiting.entries().next().value;
    waiting.delete(name);
    busy = task().catch(() => {}).then(() => {
      busy = null;
      run();
    });
  };
  const asker = {
    /** Runs a task after a random time up to `within` ms, unless it is planned for already. */
    soon(name, within, task) {
      if (timers.has(name) || waiting.has(name)) return;
      timers.set(name, setTimeout(() => {
        timers.delete(name);
        waiting.set(name, task);
        run();
      }, Math.random() * within));
    },
    async get(url, kind) {
      const t0 = performance.now();
      const answer = await fetch(url, { cache: "no-cache", credentials: "same-origin" });
      const served = Number(answer.headers.get("X-Server-Time"));
      if (served) clock.add(t0, served, served, performance.now());
      if (!answer.ok) throw Object.assign(new Error("status " + answer.status), { status: answer.status });
      return { body: await answer[kind](), tag: answer.headers.get("ETag"), code: answer.headers.get("X-Page-Code"), age: Number(answer.headers.get("Age")) || 0 };
    },
  };
  return asker;
}

/** Replaces the parts of this page that are others in a page that came. */
function takeParts(html, selector) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const now = document.querySelectorAll(selector), then = fresh.querySelectorAll(selector);
  now.forEach((old, i) => {
    if (then[i] && old.innerHTML !== then[i].innerHTML) old.replaceWith(document.adoptNode(then[i]));
  });
  return fresh;
}
