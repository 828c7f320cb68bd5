// <queueapp-tasks>: a button with the count of active tasks, and the panel that it opens.
import { Memory } from "./memory.js";
import * as notices from "./notices.js";
import { el, icon, setIcon, setText } from "./parts.js";
import { Row } from "./row.js";
import { Source } from "./source.js";
import { badge, plural } from "./words.js";

const COMPLETED_STAYS = 5000;
const UNDO_LASTS = 10_000;
const PAUSE_OPEN = 600;
const PAUSE_CLOSED = 1500;
const GROUPS = [["running", "Running"], ["queued", "Queued"], ["completed", "Completed"], ["failed", "Failed"]];

export class TaskManager extends HTMLElement {
  #source;
  #memory = new Memory();
  #rows = new Map();
  #parts;
  #state = null;
  #offset = 0;
  #ended = new Map();
  #busy = false;
  #again = false;
  #undoTimer = null;

  connectedCallback() {
    if (this.shadowRoot) return;
    this.#source = new Source({ base: this.dataset.base ?? "", token: this.dataset.token ?? "", csrf: this.dataset.csrf ?? "" });
    const root = this.attachShadow({ mode: "open" });
    const sheet = el("link", { rel: "stylesheet", href: this.dataset.css });
    if (this.#source.isForeign) sheet.crossOrigin = "anonymous";
    this.#build(root, sheet);
    setInterval(() => this.#tick(), 250);
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.#isOpen && this.#open(false));
    this.refresh();
  }

  // Tell that something changed; `kind` and `event` as in the event stream.
  note(kind, event) {
    notices.tell(kind, event);
    if (kind !== "item.updated") this.refresh();
  }

  async refresh() {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#again) {
      this.#again = false;
      try {
        this.#take(await this.#source.read());
      } catch (error) {
        setText(this.#parts.lost, this.#state ? "Not connected; shown as last seen" : error.message);
        this.#parts.lost.hidden = false;
      }
      await new Promise((done) => setTimeout(done, this.#isOpen ? PAUSE_OPEN : PAUSE_CLOSED));
    }
    this.#busy = false;
  }

  get #isOpen() {
    return !this.#parts.panel.hidden;
  }

  #build(root, sheet) {
    const p = (this.#parts = {
      sign: el("span", { className: "sign" }),
      count: el("span", { className: "badge" }),
      lost: el("p", { className: "lost", role: "status", hidden: true }),
      empty: el("p", { className: "empty" }, "Nothing runs or waits. What is started shows here as it goes."),
      undo: el("div", { className: "undo", role: "status" }),
      clear: el("button", { type: "button", className: "quiet", onclick: () => this.#clearCompleted() }, "Clear all completed"),
      bell: el("button", { type: "button", className: "quiet bell", "aria-pressed": "false", onclick: () => this.#toggleBell() }, icon("bell"), el("span", {}, "Notify me")),
      groups: {},
    });
    p.button = el("button", { type: "button", className: "float", "aria-expanded": "false", "aria-controls": "panel", onclick: () => this.#open(!this.#isOpen) }, p.sign, p.count);
    for (const [name, label] of GROUPS) {
      const total = el("span", { className: "total" });
      const list = el("ul", { "aria-label": `${label} tasks` });
      const section = el("section", { className: "group", hidden: true }, el("h3", {}, label, " ", total), list);
      p.groups[name] = { section, total, list };
    }
    const close = el("button", { type: "button", className: "act", title: "Close", "aria-label": "Close task manager", onclick: () => this.#open(false) }, icon("x"));
    const head = el("div", { className: "head" }, el("h2", { id: "panel-title" }, "Tasks"), p.bell, close);
    const body = el("div", { className: "body" }, ...GROUPS.map(([name]) => p.groups[name].section), p.empty);
    body.tabIndex = 0;
    body.setAttribute("role", "group");
    body.setAttribute("aria-labelledby", "panel-title");
    p.panel = el("div", { id: "panel", className: "panel", role: "dialog", "aria-labelledby": "panel-title", hidden: true }, head, p.lost, body, p.undo, el("div", { className: "foot" }, p.clear));
    p.bell.hidden = !notices.canNotify();
    p.bell.setAttribute("aria-pressed", String(notices.isWanted()));
    root.append(sheet, p.panel, p.button);
    p.button.hidden = true;
    sheet.addEventListener("load", () => (p.button.hidden = false));
    this.#show();
  }

  #open(opens) {
    this.#parts.panel.hidden = !opens;
    this.#parts.button.setAttribute("aria-expanded", String(opens));
    if (opens) this.refresh();
    else this.#parts.button.focus();
  }

  #take(state) {
    this.#state = state;
    this.#offset = Date.parse(state.now) - Date.now();
    this.#parts.lost.hidden = true;
    for (const task of state.completed) {
      if (this.#ended.has(task.id) || this.#memory.isSeen(task)) continue;
      this.#memory.see(task);
      this.#ended.set(task.id, { task, until: Date.now() + COMPLETED_STAYS });
    }
    this.#show();
  }

  #show() {
    const state = this.#state ?? { active: 0, running_total: 0, queued_total: 0, running: [], queued: [], failed: [] };
    const active = new Set([...state.running, ...state.queued].map((task) => task.id));
    const completed = [...this.#ended.values()].map((ended) => ended.task).filter((task) => !active.has(task.id));
    const failed = state.failed.filter((task) => !this.#memory.isDismissed(task));
    this.#fill("running", state.running, Math.max(state.running_total, state.running.length));
    this.#fill("queued", state.queued, state.queued_total);
    this.#fill("completed", completed, completed.length);
    this.#fill("failed", failed, failed.length);
    this.#forget(new Set([...active, ...completed.map((task) => task.id), ...failed.map((task) => task.id)]));
    this.#parts.empty.hidden = Boolean(active.size || completed.length || failed.length);
    this.#parts.clear.disabled = !completed.length;
    this.#showButton(state, completed, failed);
    this.#tick();
  }

  #showButton(state, completed, failed) {
    const { button, sign, count } = this.#parts;
    const look = state.running_total ? "running" : failed.length ? "failed" : state.queued_total ? "queued" : completed.length ? "completed" : "idle";
    button.dataset.state = look;
    button.toggleAttribute("data-failed", failed.length > 0);
    setIcon(sign, look === "idle" ? "list" : look);
    const number = state.active || failed.length;
    count.hidden = !number;
    setText(count, badge(number));
    const said = [`${plural(state.active, "active task")}`, failed.length ? `${failed.length} failed` : ""].filter(Boolean).join(", ");
    button.setAttribute("aria-label", `Task manager: ${said}`);
    button.title = said;
  }

  #fill(name, tasks, total) {
    const { section, total: figure, list } = this.#parts.groups[name];
    section.hidden = !tasks.length;
    setText(figure, total > tasks.length ? `${tasks.length} of ${total.toLocaleString("en")}` : String(total));
    let last = null;
    for (const task of tasks) {
      const row = this.#rows.get(task.id) ?? this.#make(task);
      row.update(task, this.#source.mayWrite);
      const place = last ? last.nextElementSibling : list.firstElementChild;
      if (place !== row.node) list.insertBefore(row.node, place);
      last = row.node;
    }
  }

  #make(task) {
    const row = new Row(task, this.#source, { onAct: (of, act) => this.#act(of, act), onDismiss: (of) => this.#dismiss([of]) });
    this.#rows.set(task.id, row);
    return row;
  }

  #forget(wanted) {
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      row.node.remove();
      this.#rows.delete(id);
    }
  }

  #tick() {
    const before = this.#ended.size;
    // A completed task that someone looks into stays until it is closed.
    for (const [id, { until }] of this.#ended) {
      const node = this.#rows.get(id)?.node;
      const isUsed = node?.matches(":hover, :focus-within") || node?.querySelector("[aria-expanded=true]");
      if (Date.now() > until && !(this.#isOpen && isUsed)) this.#ended.delete(id);
    }
    if (this.#ended.size !== before) return this.#show();
    if (this.#isOpen) for (const row of this.#rows.values()) row.tick(Date.now() + this.#offset);
  }

  async #act(task, act) {
    try {
      await this.#source.act(task.id, act);
    } catch (error) {
      this.#offer(error.message);
    }
    this.refresh();
  }

  #dismiss(tasks) {
    this.#memory.dismiss(tasks);
    const held = tasks.map((task) => this.#ended.get(task.id)).filter(Boolean);
    for (const task of tasks) this.#ended.delete(task.id);
    this.#show();
    this.#parts.button.focus();
    this.#offer(tasks.length === 1 ? `Dismissed “${tasks[0].title}”` : `Cleared ${plural(tasks.length, "task")}`, () => {
      this.#memory.restore(tasks);
      for (const ended of held) this.#ended.set(ended.task.id, { ...ended, until: Date.now() + COMPLETED_STAYS });
      this.#show();
    });
  }

  #clearCompleted() {
    this.#dismiss([...this.#ended.values()].map((ended) => ended.task));
  }

  #offer(words, undo) {
    clearTimeout(this.#undoTimer);
    const { undo: place } = this.#parts;
    const done = () => place.replaceChildren();
    const again = undo && el("button", { type: "button", className: "quiet", onclick: () => (undo(), done()) }, "Undo");
    place.replaceChildren(el("span", {}, words), ...(again ? [again] : []));
    this.#undoTimer = setTimeout(done, UNDO_LASTS);
  }

  async #toggleBell() {
    this.#parts.bell.setAttribute("aria-pressed", String(await notices.toggle()));
  }
}

customElements.define("queueapp-tasks", TaskManager);
