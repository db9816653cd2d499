// The screen of a hall: it turns from slide to slide without anybody, for as long as it is on.
const TURN = 12000;

function turnSlides(page) {
  const slides = Array.from(document.querySelectorAll("[data-slide]"));
  const bar = document.querySelector("[data-turn]");
  const wide = window.matchMedia("(min-width: 75rem)");
  let slide = 0, part = 0, since = performance.now();

  const size = () => (window.innerWidth >= 1200 ? 24 : 12);
  const parts = (s) => {
    const table = s.querySelector("[data-board]");
    return table ? Math.max(1, Math.ceil(table.tBodies[0].rows.length / size())) : 1;
  };
  const empty = (s) => s.dataset.slide !== "board" && !s.querySelector("li:not(.none)");
  const lay = () => {
    slides.forEach((s, i) => {
      s.classList.toggle("on", i === slide);
      const table = s.querySelector("[data-board]");
      if (!table) return;
      Array.from(table.tBodies[0].rows).forEach((tr, n) => (tr.hidden = i === slide && Math.floor(n / size()) !== part));
      const all = parts(s);
      setText(s.querySelector("[data-slide-page]"), all > 1 ? say(page.texts, "screen.page", part + 1, all) : "");
    });
  };
  const turn = () => {
    since = performance.now();
    part++;
    if (part >= parts(slides[slide])) {
      part = 0;
      for (let n = 0; n < slides.length; n++) {
        slide = (slide + 1) % slides.length;
        if (!empty(slides[slide])) break;
      }
    }
    lay();
  };
  page.drawn = () => {
    if (part >= parts(slides[slide])) part = 0;
    lay();
  };
  wide.addEventListener("change", lay);
  setInterval(() => {
    const passed = performance.now() - since;
    if (bar) bar.value = Math.min(100, (passed / TURN) * 100);
    if (passed >= TURN) turn();
  }, still.matches ? 1000 : 200);
  lay();
}
