// Looks at what is on the page. Read by looks.py, and put before what it asks.

const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

// Whatever way a colour is written, a canvas knows it.
function channels(css) {
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

const over = ([r, g, b, a], [r2, g2, b2]) => [r * a + r2 * (1 - a), g * a + g2 * (1 - a), b * a + b2 * (1 - a), 1];

function ground(element) {
  const layers = [];
  for (let it = element; it; it = it.parentElement) {
    const colour = channels(getComputedStyle(it).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
}

// WCAG 2.2, relative luminance and contrast ratio.
function luminance([red, green, blue]) {
  const [r, g, b] = [red, green, blue].map((it) => {
    const share = it / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function isHidden(element) {
  return !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || element.closest(".visually-hidden") !== null;
}

function contrasts() {
  const found = [];
  const note = (element, colour, text) =>
    found.push({ text: text.slice(0, 40), name: element.className || element.tagName, contrast: contrast(over(channels(colour), ground(element)), ground(element)) });
  const texts = document.createTreeWalker(document.querySelector("dialog[open]") ?? document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent.trim();
    if (text === "" || element.closest("script, style, noscript, option") || isHidden(element)) continue;
    if (element.namespaceURI.endsWith("svg")) continue;
    note(element, getComputedStyle(element).color, text);
  }
  for (const field of document.querySelectorAll("input[placeholder]")) {
    if (!isHidden(field)) note(field, getComputedStyle(field, "::placeholder").color, field.placeholder);
  }
  return found;
}

// What reaches beyond the window, unless something around it scrolls.
function tooWide() {
  const wide = [];
  if (document.documentElement.scrollWidth > innerWidth) wide.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.querySelectorAll("main *, header *")) {
    if (isHidden(element) || element.namespaceURI.endsWith("svg")) continue;
    let scrolls = false;
    for (let it = element.parentElement; it; it = it.parentElement) scrolls ||= getComputedStyle(it).overflowX !== "visible";
    const box = element.getBoundingClientRect();
    if (!scrolls && (box.right > innerWidth + 1 || box.left < -1)) wide.push(`${element.tagName}.${element.className}`);
  }
  return wide;
}

function unnamed() {
  const wrong = [];
  const say = (element, what) => wrong.push(`${element.tagName}#${element.id}.${element.className}: ${what}`);
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((it) => it.checkVisibility());
  for (const it of visible("button, a[href], input, select, canvas[tabindex], [role=img], nav, [role=region]")) {
    const label = it.labels?.[0]?.textContent ?? "";
    const by = document.getElementById(it.getAttribute("aria-labelledby") ?? "")?.textContent ?? "";
    const name = it.getAttribute("aria-label") || by || label || (["NAV", "DIV"].includes(it.tagName) ? "" : it.textContent);
    if (name.trim() === "") say(it, "has no name");
  }
  for (const it of visible("img")) if (!it.hasAttribute("alt")) say(it, "has no alt");
  for (const it of visible("button, .views a, select, .icon-button")) {
    const box = it.getBoundingClientRect();
    if (box.width < 24 || box.height < 24) say(it, `is ${Math.round(box.width)} x ${Math.round(box.height)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((it) => it.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`the id ${id} is there twice`);
  for (const selector of ["main", "header", "nav.views", "[role=search]", "[role=status][aria-live]"]) {
    if (!document.querySelector(selector)) wrong.push(`there is no ${selector}`);
  }
  if (visible(".view h1").length > 1) wrong.push("there is more than one h1");
  return wrong;
}
