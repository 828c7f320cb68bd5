// One task in the panel: made once and then only changed where something changed, so that focus stays.
import { Children } from "./children.js";
import { button, el, icon, setIcon, setText } from "./parts.js";
import { duration, left, plural } from "./words.js";

const WORDS = { queued: "Queued", running: "Running", completed: "Completed", failed: "Failed", canceled: "Canceled", canceling: "Canceling", paused: "Paused" };

export class Row {
  #task;
  #acts;
  #parts;
  #children = null;

  constructor(task, source, { onAct, onDismiss }) {
    const panelId = `children-${task.id}`;
    const toggle = el("button", { type: "button", className: "toggle", "aria-expanded": "false", "aria-controls": panelId, onclick: () => this.#unfold() }, icon("chevron"));
    const title = el("a", { className: "title", dir: "auto", href: source.pageOf(task.id) });
    if (source.isForeign) Object.assign(title, { target: "_blank", rel: "noopener" });
    this.#acts = {
      cancel: button("Cancel", "cancel", () => onAct(this.#task, "cancel")),
      retry: button("Retry", "retry", () => onAct(this.#task, "retry")),
      dismiss: button("Dismiss", "x", () => onDismiss(this.#task)),
    };
    this.#parts = {
      toggle, title, sign: el("span", { className: "sign" }), state: el("span", { className: "state" }),
      bar: el("progress", { max: 100 }), percent: el("span", { className: "percent" }), time: el("span", { className: "time" }),
      said: el("p", { className: "said" }), children: el("div", { id: panelId, className: "children", hidden: true }),
    };
    const p = this.#parts;
    this.node = el("li", { className: "task", data: { task: task.id } },
      el("div", { className: "line" }, toggle, p.sign, title, el("span", { className: "acts" }, ...Object.values(this.#acts))),
      el("div", { className: "line meter" }, p.bar, p.percent),
      el("div", { className: "line small" }, p.state, p.time),
      p.said, p.children);
    this.source = source;
  }

  update(task, mayWrite) {
    this.#task = task;
    const shown = task.canceling ? "canceling" : task.paused && task.can_cancel ? "paused" : task.status;
    const p = this.#parts;
    this.node.dataset.state = shown;
    setText(p.title, task.title);
    p.title.title = task.title;
    p.toggle.setAttribute("aria-label", `Items of ${task.title}`);
    setIcon(p.sign, shown === "canceling" ? "running" : shown === "paused" ? "queued" : shown);
    p.bar.value = task.percent;
    p.bar.setAttribute("aria-label", `Progress of ${task.title}`);
    setText(p.percent, `${Math.floor(task.percent)} %`);
    const failed = task.failed_items ? `, ${task.failed_items.toLocaleString("en")} failed` : "";
    setText(p.state, `${WORDS[shown] ?? shown} · ${task.completed_items.toLocaleString("en")} of ${plural(task.total_items, "item")}${failed}`);
    const said = task.status === "failed" ? task.error : task.message;
    p.said.hidden = !said;
    p.said.classList.toggle("bad", task.status === "failed");
    setText(p.said, said ?? "");
    p.said.title = said ?? "";
    this.#acts.cancel.hidden = !(mayWrite && task.can_cancel);
    this.#acts.retry.hidden = !(mayWrite && task.can_retry && task.status !== "completed");
    this.#acts.dismiss.hidden = task.can_cancel || task.canceling;
    for (const [name, act] of Object.entries(this.#acts)) act.setAttribute("aria-label", `${name[0].toUpperCase()}${name.slice(1)} ${task.title}`);
    this.#children?.refresh();
  }

  // What passes with time, by the server's clock.
  tick(now) {
    const { started_at: started, finished_at: finished, eta_seconds: eta, canceling, canceled_at: canceled } = this.#task;
    const since = (at) => (now - Date.parse(at)) / 1000;
    let said = "";
    if (canceling) said = `for ${Math.max(0, since(canceled)).toFixed(1)} s`;
    else if (finished && started) said = `took ${duration((Date.parse(finished) - Date.parse(started)) / 1000)}`;
    else if (started) said = [duration(since(started)), left(eta)].filter(Boolean).join(", ");
    setText(this.#parts.time, said);
  }

  #unfold() {
    const { toggle, children, said } = this.#parts;
    const opens = children.hidden;
    toggle.setAttribute("aria-expanded", String(opens));
    children.hidden = !opens;
    said.classList.toggle("whole", opens);
    this.#children = opens ? new Children(children, this.source, this.#task.id) : null;
    this.#children?.refresh();
  }
}
