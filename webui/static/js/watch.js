// Decides what each event changes on this page: single rows, or all its live parts.
import { listen } from "./live.js";
import { followLog, followTask } from "./log.js";
import { refresh, refreshed } from "./refresh.js";
import { isFrozen, note, noteEarly, refreshRow } from "./rows.js";

const live = document.getElementById("live");

if (live) {
  listen(live, { onEvent, onNews });
  const every = Number(live.dataset.every || 0);
  if (every) setInterval(() => document.hidden || refresh(), 1000 * every);
}

function onEvent(kind, event) {
  document.dispatchEvent(new CustomEvent("task-event", { detail: { kind, event } }));
  const rows = document.querySelector("[data-rows]");
  const watched = live.dataset.watch;
  // The page of one task shows nothing of others but their number in the navigation.
  if (watched && event.task_id && String(event.task_id) !== watched && kind === "task.updated") return;
  if (rows && kind !== "reset") {
    if (document.getElementById(`task-${event.task_id}`)) refreshRow(event.task_id);
    else if (isFrozen() && kind !== "task.updated") note(event.task_id);
    else noteEarly(event.task_id);
  }
  // A mere step forward of a task concerns only its row; anything else may change counts and the list itself.
  if (!rows || kind !== "task.updated") refresh();
  if (kind === "item.updated") followLog(event.item_id);
  if (String(event.task_id) === watched) followTask();
  if (kind === "task.completed" || kind === "task.failed" || kind === "task.canceled") announce(kind, event);
}

async function onNews() {
  document.dispatchEvent(new CustomEvent("task-event", { detail: { kind: "reset", event: {} } }));
  return refreshed();
}

function announce(kind, event) {
  const line = document.getElementById("announce");
  if (line) line.textContent = `${event.title ?? `Task ${event.task_id}`} ${kind.split(".")[1]}.`;
}
