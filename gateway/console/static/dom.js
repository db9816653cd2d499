// Small helpers for the page.

const byID = (id) => document.getElementById(id);

/** Makes an element. Properties: class, text, data (object), on (object of listeners), else attributes. */
const make = (tag, props, ...children) => {
  const e = document.createElement(tag);
  Object.keys(props || {}).forEach((k) => {
    const v = props[k];
    if (v === null || v === undefined || v === false) return;
    if (k === "text") e.textContent = v;
    else if (k === "class") e.className = v;
    else if (k === "data") Object.assign(e.dataset, v);
    else if (k === "on") Object.keys(v).forEach((type) => e.addEventListener(type, v[type]));
    else e.setAttribute(k, v === true ? "" : v);
  });
  children.forEach((c) => { if (c !== null && c !== undefined) e.append(c); });
  return e;
};

/** One of the drawings at the head of the page. It stands beside words, so readers skip it. */
const drawing = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  use.setAttribute("href", "#i-" + name);
  svg.append(use);
  return svg;
};

/** Writes a text only when it is another one: readers of the page aloud hear every writing. */
const write = (e, text) => { if (e.textContent !== text) e.textContent = text; };

/** Replaces what an element contains. */
const fill = (e, ...children) => e.replaceChildren ? e.replaceChildren(...children) : ((e.textContent = ""), e.append(...children));

/** Says something to whoever cannot see the page. */
const announce = (text) => write(byID("announce"), text);

/** Text of a state with its drawing. */
const badge = (kind, name, text) => make("span", { class: "badge " + kind }, drawing(name), make("span", { text }));
