// Short answers to an act; each leaves after a while unless the pointer rests on it.

const SHOWN_FOR = 6000;
const UNDO_FOR = 10_000;
const tray = document.getElementById("toasts");

for (const toast of tray?.children ?? []) leaveLater(toast);

export function showToastsOf(page) {
  for (const toast of page.querySelectorAll("[data-toast]")) add(document.importNode(toast, true));
}

export function showToast(text, category = "") {
  const toast = document.createElement("div");
  toast.className = `toast ${category}`;
  toast.textContent = text;
  add(toast);
}

// Words with a button that takes back what they tell of, while that is possible.
export function showUndo(text, undo) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.undo = "";
  const words = document.createElement("span");
  words.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-act";
  button.textContent = "Undo";
  button.addEventListener("click", () => (undo(), toast.remove()));
  toast.append(words, button);
  add(toast);
}

function add(toast) {
  tray.append(toast);
  leaveLater(toast);
}

function leaveLater(toast) {
  const canUndo = "undo" in toast.dataset;
  let timer = setTimeout(() => toast.remove(), canUndo ? UNDO_FOR : SHOWN_FOR);
  toast.addEventListener("submit", () => setTimeout(() => toast.remove()));
  // What can be undone leaves when it no longer can, wherever the pointer is.
  if (canUndo) return;
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), SHOWN_FOR / 3)));
}
