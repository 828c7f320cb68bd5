// Short answers to an act; each leaves after a while unless the pointer rests on it.

const SHOWN_FOR = 6000;
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

function add(toast) {
  tray.append(toast);
  leaveLater(toast);
}

function leaveLater(toast) {
  let timer = setTimeout(() => toast.remove(), SHOWN_FOR);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), SHOWN_FOR / 3)));
}
