// Replaces rows of the task list by their newest version, several in one fetch; and holds back rows that would come
// or go while the pointer is over the list, so that nothing moves from under it.
import { fetchPart } from "./pages.js";
import { refreshPanel } from "./accordion.js";
import { patch } from "./patch.js";
import { held } from "./refresh.js";
import { tick } from "./times.js";

const GATHER = 250;
const MOST = 50;
const waiting = new Set();
let timer = null;

export function refreshRow(taskId) {
  waiting.add(String(taskId));
  timer ??= setTimeout(flush, GATHER);
}

async function flush() {
  const list = document.querySelector("[data-rows]");
  const ids = [...waiting].slice(0, MOST);
  ids.forEach((id) => waiting.delete(id));
  try {
    const { response, page } = await fetchPart(`${list.dataset.rows}?ids=${ids.join(",")}`);
    if (response.ok) ids.forEach((id) => update(id, page));
  } catch {
    // Shown by live.js; a reconnect refreshes everything.
  }
  tick();
  timer = waiting.size ? setTimeout(flush, GATHER) : null;
}

function update(id, page) {
  const row = document.getElementById(`task-${id}`);
  const next = page.getElementById(`task-${id}`);
  if (!row || !next) return;
  patch(row, next);
  refreshPanel(row);
}

const frame = document.querySelector("[data-hold]");
const sign = document.getElementById("held");
let release = null;

if (frame && sign) {
  const id = frame.dataset.hold;
  frame.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && held.add(id));
  frame.addEventListener("pointerleave", () => {
    held.delete(id);
    release?.();
  });
  document.addEventListener("held", ({ detail: { part, next } }) => {
    const missing = [...next.querySelectorAll("[data-rows] > [data-row]")].filter((row) => !document.getElementById(row.id));
    release = () => {
      patch(part, next);
      sign.hidden = true;
      release = null;
      tick();
    };
    sign.hidden = !missing.length;
    sign.firstElementChild.textContent = missing.length === 1 ? "1 new task" : `${missing.length} new tasks`;
  });
  sign.addEventListener("click", () => release?.());
}
