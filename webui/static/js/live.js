// The one event stream of this page, and the sign that tells whether it is connected.

const KINDS = ["task.created", "task.updated", "item.updated", "task.completed", "task.failed", "task.canceled", "task.deleted", "reset"];
const HIDDEN_GRACE = 20_000;
const LONGEST_RETRY = 15_000;

let source = null;
let retry = 1000;
let timer = null;
let hiddenTimer = null;
let wasLost = false;

export function listen(url, { onEvent, onReconnect }) {
  const connect = () => {
    clearTimeout(timer);
    source?.close();
    // From where the page was made; on later connections the browser sends the last id it has seen instead.
    source = new EventSource(url);
    source.onopen = () => {
      retry = 1000;
      show("live");
      if (wasLost) onReconnect();
      wasLost = false;
    };
    source.onerror = () => {
      wasLost = true;
      show("lost");
      // The browser reconnects by itself unless the server refused.
      if (source.readyState === EventSource.CLOSED) {
        timer = setTimeout(connect, retry);
        retry = Math.min(2 * retry, LONGEST_RETRY);
      }
    };
    for (const kind of KINDS) source.addEventListener(kind, (event) => onEvent(kind, parse(event.data)));
  };
  const disconnect = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
    wasLost = true;
  };
  // A browser grants six connections to a host, so a tab that nobody sees gives its own back after a while.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(disconnect, HIDDEN_GRACE);
    else if (!source) connect();
  });
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => event.persisted && connect());
  connect();
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function show(state) {
  const words = { live: "Live", lost: "Reconnecting…" };
  for (const sign of document.querySelectorAll("[data-conn]")) {
    sign.dataset.state = state;
    sign.textContent = words[state];
  }
}
