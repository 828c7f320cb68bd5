// Where the task manager has its tasks from, and what it may do to them.

export class Source {
  #base;
  #token;
  #csrf;

  constructor({ base, token, csrf }) {
    this.#base = base.replace(/\/$/, "");
    this.#token = token;
    this.#csrf = csrf;
  }

  // Only a signed-in admin's page carries what writes need.
  get mayWrite() {
    return Boolean(this.#csrf);
  }

  get isForeign() {
    return Boolean(this.#token);
  }

  read() {
    return this.#json("/api/manager");
  }

  items(taskId) {
    return this.#json(`/api/queues/${taskId}?items_limit=100`);
  }

  async act(taskId, act) {
    const response = await fetch(`${this.#base}/api/queues/${taskId}/${act}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.#csrf },
      body: "{}",
    });
    if (!response.ok) throw new Error((await response.json().catch(() => ({}))).detail ?? `The server answered ${response.status}`);
  }

  pageOf(taskId) {
    return `${this.#base}/tasks/${taskId}`;
  }

  streamUrl() {
    const url = new URL(`${this.#base}/events/queues`, location);
    if (this.#token) url.searchParams.set("token", this.#token);
    return url.href;
  }

  async #json(path) {
    const headers = this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
    const response = await fetch(this.#base + path, { headers, credentials: this.#token ? "omit" : "same-origin" });
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    return response.json();
  }
}
