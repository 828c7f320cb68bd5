// The one connection to the event stream, for as many readers as there are: it tells each what it has not seen yet.
// Runs in the worker that all tabs share, or in the one tab that leads the others.

const KINDS = ["task.created", "task.updated", "item.updated", "task.completed", "task.failed", "task.canceled", "task.deleted", "reset"];
const KEPT = 500;
const FIRST_RETRY = 1000;
const LONGEST_RETRY = 15_000;
const RESETTLE = 50;

export class Hub {
  #url;
  #readers = new Map();
  #source = null;
  #state = "wait";
  #retry = FIRST_RETRY;
  #timer = null;
  #watched = "";
  #lastId = "";
  #kept = [];
  #complete = "";

  constructor(url) {
    this.#url = url;
  }

  // `reader` has `watch` (ids of tasks whose items it shows), `place` (where its page was made) and `tell`.
  join(key, reader) {
    this.#readers.set(key, reader);
    reader.tell({ state: this.#state });
    if (this.#source) this.#catchUp(reader);
    else this.#lastId = reader.place;
    this.#settle();
  }

  leave(key) {
    this.#readers.delete(key);
    this.#settle();
  }

  // Watching other tasks takes a new connection, which goes on where the old one was.
  #settle() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#readers.size) return this.#close();
      const watched = [...new Set([...this.#readers.values()].flatMap((reader) => reader.watch))].sort().slice(0, 20).join();
      if (this.#source && watched === this.#watched) return;
      this.#watched = watched;
      this.#connect();
    }, RESETTLE);
  }

  #close() {
    this.#source?.close();
    this.#source = null;
    this.#kept = [];
    this.#complete = "";
  }

  #connect() {
    this.#source?.close();
    const url = new URL(this.#url);
    if (this.#watched) url.searchParams.set("watch", this.#watched);
    if (this.#lastId) url.searchParams.set("last_event_id", this.#lastId);
    this.#complete ||= this.#lastId;
    const source = (this.#source = new EventSource(url));
    source.onopen = () => {
      this.#retry = FIRST_RETRY;
      this.#turn("live");
    };
    source.onerror = () => {
      if (source !== this.#source) return;
      this.#turn("lost");
      if (source.readyState !== EventSource.CLOSED) return;
      // The browser reconnects by itself unless the server refused.
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#connect(), this.#retry);
      this.#retry = Math.min(2 * this.#retry, LONGEST_RETRY);
    };
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.#take(kind, event));
  }

  #turn(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell({ state });
  }

  #take(kind, event) {
    const message = { kind, event: parse(event.data) };
    if (event.lastEventId) this.#lastId = event.lastEventId;
    this.#kept.push({ id: event.lastEventId, message });
    if (this.#kept.length > KEPT) this.#complete = this.#kept.shift().id;
    this.#tell(message);
  }

  #tell(message) {
    for (const reader of this.#readers.values()) reader.tell(message);
  }

  // A page that was made before now hears what happened since; when that is not known, it is told to load anew.
  #catchUp(reader) {
    if (!reader.place || !isBehind(this.#complete, reader.place)) return reader.tell({ kind: "reset", event: {} });
    for (const { id, message } of this.#kept) if (!isBehind(id, reader.place)) reader.tell(message);
  }
}

// Whether the place `id` of the stream is at or before `other`, of the same stream: "epoch-milliseconds-number".
function isBehind(id, other) {
  const [epoch, ...place] = id.split("-");
  const [otherEpoch, ...otherPlace] = other.split("-");
  if (epoch !== otherEpoch) return false;
  for (let n = 0; n < 2; n++) {
    const difference = Number(place[n] ?? 0) - Number(otherPlace[n] ?? 0);
    if (difference) return difference < 0;
  }
  return true;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
