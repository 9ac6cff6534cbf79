// Reading is done with the page's cookie; trying a command needs a token typed under "Authorize".
const docs = document.getElementById("docs");
SwaggerUIBundle({
  url: docs.dataset.spec,
  domNode: docs,
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
