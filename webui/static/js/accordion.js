// Opens the items of a task below its row without leaving the page.
import { fetchPart } from "./pages.js";
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
    const { response, page } = await fetchPart(url);
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

const PAUSE = 700;
const refreshing = new Set();
const again = new Set();

// Many calls for a row make one fetch at a time, with a pause behind it.
export async function refreshPanel(row) {
  again.add(row);
  if (refreshing.has(row)) return;
  refreshing.add(row);
  while (again.delete(row)) {
    const panel = row.querySelector(":scope > .task-panel");
    if (!panel) break;
    await fill(panel, row.querySelector("[data-toggle]").dataset.toggle);
    await new Promise((done) => setTimeout(done, PAUSE));
  }
  refreshing.delete(row);
}
