// Moves through rows and acts on them by single keys.

import { toggleRow } from "./selection.js";

const GO = { h: "home", t: "tasks", l: "library", m: "media", s: "schedule", w: "worker" };
let goPending = false;

const rows = () => [...document.querySelectorAll("[data-row][data-url]")].filter((row) => row.offsetParent);
const current = () => document.querySelector("[data-row][data-at]");
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (act(event.key)) event.preventDefault();
});

function act(key) {
  if (goPending) {
    goPending = false;
    return go(key);
  }
  switch (key) {
    case "j": return move(1);
    case "k": return move(-1);
    case "Enter": return open();
    case "x": return toggleRow(current());
    case "e": return press("[data-toggle]");
    case "c": case "r": return press(`[data-key="${key}"]`);
    case "/": return focusSearch();
    case "?": return showKeys();
    case "g": goPending = true; setTimeout(() => (goPending = false), 1200); return true;
    default: return false;
  }
}

function move(by) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(current());
  current()?.removeAttribute("data-at");
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  next.setAttribute("data-at", "");
  linkOf(next)?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

// The link that leads where the row leads; other links in it lead elsewhere.
function linkOf(row) {
  const links = row.matches("a") ? [row] : [...row.querySelectorAll("a:not([data-toggle])")];
  return links.find((each) => each.getAttribute("href") === row.dataset.url) ?? links[0];
}

function open() {
  if (!current() || document.activeElement.closest("a, button, summary")) return false;
  location.assign(current().dataset.url);
  return true;
}

function press(selector) {
  const row = current() ?? document.querySelector("[data-row][data-self]");
  const button = row?.querySelector(selector);
  button?.click();
  return Boolean(button);
}

function go(key) {
  const link = [...document.querySelectorAll(".nav-link")].find((each) => each.dataset.go === GO[key]);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function focusSearch() {
  const field = document.querySelector("[data-search-field]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function showKeys() {
  const dialog = document.getElementById("keys");
  dialog?.showModal();
  dialog?.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return Boolean(dialog);
}
