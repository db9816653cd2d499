// Questions. They come up from below and never cover the mark button: a runner may arrive meanwhile.

let sheetReturns = null; // what had the focus

/**
 * Asks something. The page goes on working meanwhile.
 * @param {{title: string, text?: string, body?: Element[], actions: {id?: string, text: string, kind?: string, act?: () => (boolean|void)}[]}} o
 *   an action whose function returns true leaves the sheet open
 */
const openSheet = (o) => {
  const sheet = byID("sheet");
  if (sheet.hidden) sheetReturns = document.activeElement;
  fill(sheet,
    make("h2", { id: "sheet-title", text: o.title }),
    o.text ? make("p", { text: o.text }) : "",
    ...(o.body || []),
    make("div", { class: "row" }, ...o.actions.map((a) => make("button", {
      type: "button", id: a.id, class: a.kind, text: a.text, on: { click: () => { if (!a.act || !a.act()) closeSheet(); } },
    }))));
  sheet.hidden = false;
  document.body.classList.add("asking");
  (sheet.querySelector("input") || sheet.querySelector("button")).focus();
};

const closeSheet = () => {
  const sheet = byID("sheet");
  if (sheet.hidden) return;
  sheet.hidden = true;
  sheet.textContent = "";
  document.body.classList.remove("asking");
  if (sheetReturns && sheetReturns.isConnected) sheetReturns.focus();
};

document.addEventListener("keydown", (e) => { if (e.key === "Escape") closeSheet(); });
