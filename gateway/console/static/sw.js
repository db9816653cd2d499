"use strict";
// Keeps the page for when there is no network. VERSION and FILES come in front of this file, put
// there by the server. It keeps nothing else: marks are the business of the page.

const CACHE = "juez-" + VERSION;

self.addEventListener("install", (e) => {
  // "reload": what the browser has kept by itself may be older than this version.
  e.waitUntil(caches.open(CACHE).then((c) => c.addAll(FILES.map((f) => new Request(f, { cache: "reload" })))));
});

self.addEventListener("activate", (e) => {
  e.waitUntil(caches.keys()
    .then((all) => Promise.all(all.filter((n) => n.startsWith("juez-") && n !== CACHE).map((n) => caches.delete(n))))
    .then(() => self.clients.claim()));
});

// The page asks for it, when the judge has.
self.addEventListener("message", (e) => { if (e.data === "activate") self.skipWaiting(); });

self.addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith("/juez/")) return;
  const shell = e.request.mode === "navigate" || url.pathname === "/juez/";
  const key = shell ? "/juez/" : url.pathname;
  // First what is kept: a page must open at once on a network that hangs.
  e.respondWith(caches.open(CACHE).then((c) => c.match(key, { ignoreVary: true, ignoreSearch: true })).then((kept) => kept || fetch(e.request)));
});
