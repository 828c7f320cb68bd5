// Makes a part of the page equal to a newer version of it, changing only what differs: whatever has focus, is
// scrolled, selected or opened by the reader stays as it is.

// Set by the reader's own acts, so a newer version from the server does not know them.
const READERS_OWN = new Set(["open", "data-at", "data-busy", "data-client"]);

export function patch(current, next) {
  if (current.isEqualNode(next)) return;
  if (current.nodeType !== Node.ELEMENT_NODE) {
    if (current.data !== next.data) current.data = next.data;
    return;
  }
  patchAttributes(current, next);
  if (current.matches("[data-log]")) return;
  if (current === document.activeElement && "value" in current && current.tagName !== "BUTTON") return;
  patchChildren(current, next);
}

function patchAttributes(current, next) {
  for (const { name } of [...current.attributes]) {
    if (!next.hasAttribute(name) && !isReadersOwn(current, name)) current.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (current.getAttribute(name) !== value && !isReadersOwn(current, name)) current.setAttribute(name, value);
  }
}

function isReadersOwn(element, name) {
  return READERS_OWN.has(name) || (name === "aria-expanded" && element.hasAttribute("data-toggle"));
}

function patchChildren(current, next) {
  const unused = new Set(meaningful(current));
  const byKey = new Map();
  for (const child of unused) if (keyOf(child)) byKey.set(keyOf(child), child);
  let last = null;
  for (const wanted of meaningful(next)) {
    const found = pick(wanted, unused, byKey);
    const child = found ?? document.importNode(wanted, true);
    if (found) {
      unused.delete(found);
      patch(found, wanted);
    }
    place(child, current, last, unused);
    last = child;
  }
  for (const child of unused) if (!isClients(child)) child.remove();
}

function pick(wanted, unused, byKey) {
  const key = keyOf(wanted);
  if (key) {
    const found = byKey.get(key);
    return found && unused.has(found) && found.nodeName === wanted.nodeName ? found : null;
  }
  for (const child of unused) {
    if (!keyOf(child) && !isClients(child) && child.nodeName === wanted.nodeName) return child;
  }
  return null;
}

// Moves `child` behind `last` only if something that stays lies between them: a moved node loses its focus.
function place(child, parent, last, unused) {
  let at = last ? last.nextSibling : parent.firstChild;
  while (at && at !== child && (unused.has(at) || isBlank(at))) at = at.nextSibling;
  if (at !== child || child.parentNode !== parent) parent.insertBefore(child, last ? last.nextSibling : parent.firstChild);
}

function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  return node.id || (node.tagName === "FORM" ? `form ${node.getAttribute("action")}` : null);
}

const isClients = (node) => node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-client");
const isBlank = (node) => node.nodeType === Node.COMMENT_NODE || (node.nodeType === Node.TEXT_NODE && !node.data.trim());
const meaningful = (node) => [...node.childNodes].filter((child) => !isBlank(child) || node.closest("pre"));
