// Starts Swagger UI on the page /docs. "Try it out" acts with the reader's own session.

const place = document.getElementById("docs");
const token = document.querySelector("meta[name=csrf-token]").content;

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = token;
    return request;
  },
});
