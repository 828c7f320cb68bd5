// Replaces rows of the task list by their newest version, several in one fetch. While the pointer is over the list no
// row comes or goes; while rows are selected nothing changes at all, and a badge counts what waits.
import { fetchPart } from "./pages.js";
import { refreshPanel } from "./accordion.js";
import { patch } from "./patch.js";
import { held, refreshed } from "./refresh.js";
import { tick } from "./times.js";

const GATHER = 250;
const MOST = 50;
const waiting = new Set();
let timer = null;

export function refreshRow(taskId) {
  if (frozen) return note(taskId);
  waiting.add(String(taskId));
  timer ??= setTimeout(flush, GATHER);
}

// Told of a task that has no row here: when a page that was being fetched brings the row, that is older than the news.
const early = new Set();

export function noteEarly(taskId) {
  if (early.size < MOST) early.add(String(taskId));
}

document.addEventListener("applied", () => {
  const here = [...early].filter((id) => document.getElementById(`task-${id}`));
  early.clear();
  here.forEach(refreshRow);
});

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
  if (frozen) return note(id);
  patch(row, next);
  refreshPanel(row);
}

const frame = document.querySelector("[data-hold]");
const sign = document.getElementById("held");
const missed = new Set();
let updates = 0;
let frozen = false;
let hovered = false;
let comes = false;

// While frozen the list stays as it is; `refreshed` afterwards shows all that waited.
export function freeze(isFrozen) {
  if (!frame || frozen === isFrozen) return;
  frozen = isFrozen;
  hold();
  if (!frozen && updates) thaw();
}

function hold() {
  if (frozen || hovered) held.add(frame.dataset.hold);
  else held.delete(frame.dataset.hold);
}

// One more change that is not shown yet.
export function note(taskId) {
  updates += 1;
  missed.add(String(taskId));
  say(`${updates} ${updates === 1 ? "update waits" : "updates wait"}`);
}

export const isFrozen = () => frozen;

function say(words) {
  sign.hidden = !words;
  sign.firstElementChild.textContent = words;
}

async function thaw() {
  updates = 0;
  missed.clear();
  await bringIn();
  document.dispatchEvent(new CustomEvent("thawed"));
}

// Asks anew: what came with the sign may have changed since, and so have the rows beside it.
async function bringIn() {
  comes = false;
  say("");
  held.delete(frame.dataset.hold);
  await refreshed();
  hold();
}

if (frame && sign) {
  frame.addEventListener("pointerenter", (event) => {
    hovered = event.pointerType === "mouse";
    hold();
  });
  frame.addEventListener("pointerleave", () => {
    hovered = false;
    hold();
    if (!frozen && comes) bringIn();
  });
  document.addEventListener("held", ({ detail: { next } }) => {
    if (frozen) return;
    const news = [...next.querySelectorAll("[data-rows] > [data-row]")].filter((row) => !document.getElementById(row.id));
    comes = true;
    say(news.length ? (news.length === 1 ? "1 new task" : `${news.length} new tasks`) : "");
  });
  sign.addEventListener("click", () => (frozen ? thaw() : bringIn()));
}
