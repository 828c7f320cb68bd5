// What this browser remembers: which failed tasks were dismissed, and which completed ones were seen already.

const DISMISSED = "queueapp.dismissed";
const SEEN = "queueapp.seen";
const KEPT = 500;
const FIRST_LOOK = 24 * 3600 * 1000;

const read = (store, key, fallback) => {
  try {
    return JSON.parse(store.getItem(key)) ?? fallback;
  } catch {
    return fallback;
  }
};

const write = (store, key, value) => {
  try {
    store.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage it is forgotten with the page.
  }
};

export class Memory {
  #dismissed;
  #seen;
  #from;

  constructor() {
    const kept = read(localStorage, DISMISSED, null);
    // Who looks for the first time is told of the last day's failures, not of all there ever were.
    this.#from = kept?.from ?? Date.now() - FIRST_LOOK;
    this.#dismissed = new Set(kept?.keys ?? []);
    this.#seen = new Set(read(sessionStorage, SEEN, []));
    if (!kept) this.#save();
    addEventListener("storage", ({ key }) => {
      if (key === DISMISSED) this.#dismissed = new Set(read(localStorage, DISMISSED, { keys: [] }).keys);
    });
  }

  // A task that fails again after a retry is news again.
  isDismissed(task) {
    return this.#dismissed.has(keyOf(task)) || Date.parse(task.finished_at) < this.#from;
  }

  dismiss(tasks) {
    for (const task of tasks) this.#dismissed.add(keyOf(task));
    this.#save();
  }

  restore(tasks) {
    for (const task of tasks) this.#dismissed.delete(keyOf(task));
    this.#save();
  }

  isSeen(task) {
    return this.#seen.has(keyOf(task));
  }

  see(task) {
    this.#seen.add(keyOf(task));
    write(sessionStorage, SEEN, [...this.#seen].slice(-KEPT));
  }

  #save() {
    write(localStorage, DISMISSED, { from: this.#from, keys: [...this.#dismissed].slice(-KEPT) });
  }
}

const keyOf = (task) => `${task.id} ${task.finished_at}`;
