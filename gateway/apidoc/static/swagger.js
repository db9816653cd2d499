// Starts Swagger UI on the document of this server. The bundle alone: no preset
// that fetches fonts or validates elsewhere.
window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "/api/schema/?format=json",
    dom_id: "#doc",
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: false,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
});
