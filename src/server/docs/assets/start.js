"use strict";

// As dark as whoever looks wants it, also when that changes.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // A key is for this page and not for the next one.
  persistAuthorization: false,
  // The document goes to nobody else to be judged.
  validatorUrl: null,
});
