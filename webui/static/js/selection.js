// Selects rows of the task list: one by one, a range with Shift, the page by the head's box, or all that match.
import { ask } from "./ask.js";
import { freeze } from "./rows.js";

const bar = document.querySelector("[data-bulk-bar]");
let last = null;

const boxes = () => [...document.querySelectorAll("[data-pick]")];
const chosen = () => boxes().filter((box) => box.checked);
const all = () => bar.querySelector("[data-all]");

if (bar) {
  document.addEventListener("click", ({ target, shiftKey }) => {
    if (!target.matches?.("[data-pick]")) return;
    if (shiftKey && last?.isConnected) range(last, target);
    last = target;
    show();
  });
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-pick-all]")) for (const box of boxes()) box.checked = target.checked;
    if (target.matches("[data-pick-all], [data-pick], [data-all]")) show();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]") && chosen().length) clear();
  });
  document.addEventListener("thawed", show);
  bar.querySelector("[data-clear]").addEventListener("click", clear);
  bar.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = new FormData(bar, event.submitter);
    if (given.has("all")) given.delete("ids");
    ask(`${bar.getAttribute("action")}?${new URLSearchParams(given)}`, event.submitter);
  });
  show();
}

function range(from, to) {
  const every = boxes();
  const [low, high] = [every.indexOf(from), every.indexOf(to)].sort((a, b) => a - b);
  for (const box of every.slice(low, high + 1)) box.checked = to.checked;
}

export function clear() {
  if (!bar) return;
  for (const box of boxes()) box.checked = false;
  all().checked = false;
  show();
}

// Selects or releases the row the keyboard is at.
export function toggleRow(row) {
  const box = row?.querySelector("[data-pick]");
  box?.click();
  return Boolean(box);
}

function show() {
  const count = chosen().length;
  const head = document.querySelector("[data-pick-all]");
  if (head) {
    head.checked = count > 0 && count === boxes().length;
    head.indeterminate = count > 0 && !head.checked;
  }
  for (const box of boxes()) box.closest(".task").toggleAttribute("data-picked", box.checked);
  bar.toggleAttribute("data-on", count > 0 || all().checked);
  bar.querySelector("[data-count]").textContent = all().checked ? "All that match" : `${count} selected`;
  freeze(count > 0);
}
