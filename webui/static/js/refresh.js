// Brings the live parts of the page up to date: fetches the page anew and patches each [data-live] part by its id.
import { fetchDocument, here } from "./pages.js";
import { patch } from "./patch.js";
import { tick } from "./times.js";

const SHORTEST_PAUSE = 400;
let running = false;
let wanted = false;

export const held = new Set();

// Parts in `held` wait; what they would show is told to those who listen for "held".
export function applyPage(page) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = page.getElementById(part.id);
    if (!next) continue;
    if (held.has(part.id)) document.dispatchEvent(new CustomEvent("held", { detail: { part, next } }));
    else patch(part, next);
  }
  document.dispatchEvent(new CustomEvent("applied"));
  tick();
}

// Many calls make one fetch; the next one waits at least as long as three took.
export async function refresh() {
  wanted = true;
  if (running) return;
  running = true;
  while (wanted) {
    wanted = false;
    const began = performance.now();
    await refreshOnce();
    await new Promise((done) => setTimeout(done, Math.max(SHORTEST_PAUSE, 3 * (performance.now() - began))));
  }
  running = false;
}

// Brings the page up to date at once; answers whether the server could be reached.
export async function refreshed() {
  return refreshOnce();
}

async function refreshOnce() {
  const asked = here();
  try {
    const { response, page } = await fetchDocument(asked);
    if (response.status === 404) location.assign(document.querySelector(".crumbs a")?.href ?? "/");
    if (response.ok && asked === here()) applyPage(page);
    return response.ok;
  } catch {
    // The lost connection is shown by live.js; the next event or reconnect asks again.
    return false;
  }
}
