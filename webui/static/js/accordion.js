// Opens the items of a task below its row without leaving the page.
import { fetchDocument } from "./pages.js";
import { patch } from "./patch.js";
import { tick } from "./times.js";

for (const panel of document.querySelectorAll(".task-panel")) panel.dataset.client = "";

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggle]");
  if (!toggle || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = toggle.closest(".task");
  const panel = row.querySelector(":scope > .task-panel");
  if (panel) close(toggle, panel);
  else open(toggle, row);
});

async function open(toggle, row) {
  toggle.setAttribute("aria-expanded", "true");
  const panel = document.createElement("div");
  panel.className = "task-panel";
  panel.id = toggle.getAttribute("aria-controls");
  panel.dataset.client = "";
  if (await fill(panel, toggle.dataset.toggle)) row.append(panel);
  else toggle.setAttribute("aria-expanded", "false");
}

function close(toggle, panel) {
  panel.remove();
  toggle.setAttribute("aria-expanded", "false");
}

async function fill(panel, url) {
  try {
    const { response, page } = await fetchDocument(url);
    if (!response.ok) return false;
    const next = page.createElement("div");
    for (const { name, value } of panel.attributes) next.setAttribute(name, value);
    next.append(...page.body.childNodes);
    patch(panel, next);
    tick();
    return true;
  } catch {
    return false;
  }
}

export function refreshPanel(row) {
  const panel = row.querySelector(":scope > .task-panel");
  if (panel) fill(panel, row.querySelector("[data-toggle]").dataset.toggle);
}
