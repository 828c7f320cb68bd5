// The items of a task below its row, nested by what they are about.
import { el, icon } from "./parts.js";

const PAUSE = 1000;

export class Children {
  #place;
  #source;
  #taskId;
  #busy = false;
  #again = false;
  #shown = "";

  constructor(place, source, taskId) {
    this.#place = place;
    this.#source = source;
    this.#taskId = taskId;
  }

  async refresh() {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#again && this.#place.isConnected && !this.#place.hidden) {
      this.#again = false;
      await this.#load();
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    this.#busy = false;
  }

  async #load() {
    try {
      const { items, total_items: total } = await this.#source.items(this.#taskId);
      const state = JSON.stringify(items.map((item) => [item.id, item.display_status, item.error_message]));
      if (state === this.#shown) return;
      this.#shown = state;
      const groups = [...nest(items)].map(([name, those]) => group(name, those));
      const more = total > items.length ? el("p", { className: "more" }, `${(total - items.length).toLocaleString("en")} more on its page`) : null;
      this.#place.replaceChildren(el("ul", {}, ...groups), ...(more ? [more] : []));
    } catch (error) {
      this.#place.replaceChildren(el("p", { className: "more" }, error.message));
    }
  }
}

function nest(items) {
  const groups = new Map();
  for (const item of items) {
    const name = item.subject || item.title || item.type;
    const key = item.subject ? name : `${name} ${item.id}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}

function group(key, items) {
  const name = items[0].subject || items[0].title || items[0].type;
  const steps = items.map((item) => {
    const sign = ["running", "completed", "failed", "canceled", "skipped"].includes(item.display_status) ? item.display_status : "queued";
    return el("span", { className: "step", data: { state: sign }, title: item.waiting_for ?? item.display_status }, icon(sign), `${item.type}`, el("span", { className: "vh" }, ` ${item.display_status}`));
  });
  const error = items.find((item) => item.error_message)?.error_message;
  return el("li", {}, el("span", { className: "about", dir: "auto", title: name }, name), el("span", { className: "steps" }, ...steps), error ? el("p", { className: "error" }, error) : null);
}
