// Does one act to many tasks from the dialog that asked: some at a time, with progress, and in the end what refused.
import { refreshed } from "./refresh.js";
import { clear } from "./selection.js";
import { showToast, showUndo } from "./toasts.js";

const AT_ONCE = 100;
const REFUSALS_SHOWN = 50;
const DONE = { cancel: "Canceled", retry: "Retried", delete: "Deleted", priority: "Set the priority of" };

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-bulk-run]") || !form.closest("dialog")) return;
  event.preventDefault();
  run(form, form.closest("dialog"));
});

async function run(form, dialog) {
  const fields = new FormData(form);
  const ids = fields.get("ids").split(",").map(Number);
  const body = { action: fields.get("action") };
  if (fields.has("new_priority")) body.priority = Number(fields.get("new_priority"));
  const end = { done: 0, refused: [], tokens: [], left: [...ids], stopped: "" };
  const show = progress(dialog, form, ids.length, () => (end.stopped = "Stopped"));
  while (end.left.length && !end.stopped) {
    const now = end.left.splice(0, AT_ONCE);
    try {
      const joined = end.tokens.length ? { undo_token: end.tokens.at(-1) } : {};
      take(end, await post(form.dataset.api, fields.get("csrf_token"), { ...body, ...joined, ids: now }));
    } catch (error) {
      end.stopped = error.message;
      end.left.unshift(...now);
    }
    show(ids.length - end.left.length);
  }
  await finish(dialog, form, body.action, ids.length, end);
}

function take(end, answer) {
  end.done += answer.done;
  end.refused.push(...answer.refused);
  end.left.unshift(...answer.remaining);
  if (answer.undo_token && !end.tokens.includes(answer.undo_token)) end.tokens.push(answer.undo_token);
}

async function post(url, csrf, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? `The server answered ${response.status}`);
  return answer;
}

function progress(dialog, form, total, stop) {
  const bar = Object.assign(document.createElement("progress"), { max: total, value: 0, className: "bulk-progress" });
  bar.setAttribute("aria-label", "Progress");
  const words = Object.assign(document.createElement("p"), { className: "num" });
  words.setAttribute("role", "status");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: "Stop" });
  button.addEventListener("click", stop);
  dialog.querySelector(".ask-body").append(bar, words);
  form.replaceChildren(button);
  const show = (count) => {
    bar.value = count;
    words.textContent = `${count.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  };
  show(0);
  return show;
}

async function finish(dialog, form, action, total, end) {
  clear();
  const said = `${DONE[action]} ${end.done.toLocaleString("en")} of ${total.toLocaleString("en")} ${total === 1 ? "task" : "tasks"}`;
  if (end.tokens.length) showUndo(said, () => undo(form, end.tokens));
  else showToast(said);
  if (end.refused.length || end.stopped) tellRefused(dialog, form, said, end);
  else dialog.close();
  await refreshed();
}

function tellRefused(dialog, form, said, { refused, stopped, left }) {
  const body = dialog.querySelector(".ask-body");
  const title = body.querySelector("h1");
  const list = document.createElement("ul");
  for (const { task_id: id, reason } of refused.slice(0, REFUSALS_SHOWN)) list.append(line(id, reason));
  const notes = [];
  if (refused.length > REFUSALS_SHOWN) notes.push(`and ${refused.length - REFUSALS_SHOWN} more`);
  if (stopped) notes.push(`${stopped}: ${left.length} were not touched.`);
  const note = Object.assign(document.createElement("p"), { textContent: notes.join(" ") });
  const lead = Object.assign(document.createElement("p"), { textContent: refused.length ? `${refused.length} refused:` : "" });
  title.textContent = said;
  list.className = "refused";
  list.tabIndex = 0;
  body.replaceChildren(title, lead, list, note);
  const close = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-solid", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  form.replaceChildren(close);
  close.focus();
}

function line(id, reason) {
  const item = document.createElement("li");
  item.textContent = reason.includes(String(id)) ? reason : `Task ${id}: ${reason}`;
  return item;
}

async function undo(form, tokens) {
  const csrf = document.querySelector("input[name=csrf_token]").value;
  let restored = 0;
  try {
    for (const token of tokens) restored += (await post(form.dataset.undo.replace("TOKEN", token), csrf, undefined)).task_ids.length;
    showToast(`Undone for ${restored.toLocaleString("en")} ${restored === 1 ? "task" : "tasks"}`);
  } catch (error) {
    showToast(error.message, "error");
  }
  await refreshed();
}
