"use strict";

// As dark as whoever looks wants it, also when that changes.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

// Where this server is, also where a proxy has it below a path: the document itself does not know.
const here = new URL(".", document.baseURI).href.replace(/\/$/, "");
let isRead = false;
const place = (response) => {
  if (!isRead && response.ok) {
    isRead = true;
    response.text = JSON.stringify({ ...JSON.parse(response.text), servers: [{ url: here }] });
  }
  return response;
};

window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  responseInterceptor: place,
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // A key is for this page and not for the next one.
  persistAuthorization: false,
  // The document goes to nobody else to be judged.
  validatorUrl: null,
});
