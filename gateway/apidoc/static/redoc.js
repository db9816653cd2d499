// Starts ReDoc on the document of this server. Its search would need a worker
// from a blob, which the page's policy does not allow.
window.addEventListener("load", () => {
  Redoc.init(
    "/api/schema/?format=json",
    { disableSearch: true, hideDownloadButton: true, nativeScrollbars: true },
    document.getElementById("doc"),
  );
});
