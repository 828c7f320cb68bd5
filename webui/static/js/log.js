// Adds an item's new log lines as they are written, and stays at the end if the reader is there.
import { fetchPart } from "./pages.js";
import { tick } from "./times.js";

const PAUSE = 1500;
const log = document.querySelector("[data-log]");
let fetching = false;

export function followLog(itemId) {
  if (log && String(itemId) === log.dataset.item) fetchNew();
}

async function fetchNew() {
  if (fetching) return;
  fetching = true;
  const after = log.lastElementChild?.dataset.seq ?? 0;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  const { response, page } = await fetchPart(`${log.dataset.log}?after=${after}`).catch(() => ({}));
  if (response?.ok) {
    log.append(...[...page.querySelectorAll("li")].map((line) => document.importNode(line, true)));
    if (atEnd) log.scrollTop = log.scrollHeight;
    tick();
  }
  fetching = false;
}

if (log) {
  log.scrollTop = log.scrollHeight;
  setInterval(() => {
    const running = document.querySelector("#item-head .s-running");
    if (running && !document.hidden) fetchNew();
  }, PAUSE);
}

const taskLog = document.querySelector("[data-task-log]");
let taskTimer = null;

// The log of all items of a task: its newest lines, in one fetch for many changes.
export function followTask() {
  if (taskLog) taskTimer ??= setTimeout(fetchTaskLog, PAUSE);
}

async function fetchTaskLog() {
  const atEnd = taskLog.scrollHeight - taskLog.scrollTop - taskLog.clientHeight < 24;
  const { response, page } = await fetchPart(taskLog.dataset.taskLog).catch(() => ({}));
  taskTimer = null;
  if (!response?.ok) return;
  for (const line of page.querySelectorAll("li")) if (!document.getElementById(line.id)) taskLog.append(document.importNode(line, true));
  if (atEnd) taskLog.scrollTop = taskLog.scrollHeight;
  tick();
}

if (taskLog) {
  taskLog.scrollTop = taskLog.scrollHeight;
  setInterval(() => document.hidden || (document.querySelector("#task-head .s-running") && followTask()), 2 * PAUSE);
}
