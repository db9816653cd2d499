const holder = document.getElementById("state");
document.body.classList.add("js");
if (holder) {
  const page = follow(JSON.parse(holder.textContent));
  holder.remove(); // it becomes old, and may name what is concealed later
  runClocks(page.clock, 1500, page.texts);
  if (page.state.pagina === "screen") {
    turnSlides(page);
    const beat = () => {
      page.refresh(20000);
      setTimeout(beat, 60000);
    };
    setTimeout(beat, 60000);
  }
} else {
  // The list of competitions: its clocks, and the list itself now and then.
  const clock = makeServerClock(() => performance.now(), () => Date.now());
  const asker = makeAsker(clock);
  runClocks(clock, 1500, { "clock.days": "%d d %s" });
  const renew = () => {
    if (!document.hidden && document.querySelector("[data-fragment]")) {
      asker.soon("list", 3000, async () => takeParts((await asker.get(location.pathname + location.search, "text")).body, "[data-fragment]"));
    }
  };
  renew();
  setInterval(renew, 20000);
}
