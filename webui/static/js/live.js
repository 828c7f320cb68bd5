// Listens to the event stream that all tabs of this browser share, and shows whether it is connected. While it is
// not, the page asks for news by itself.
import { join as joinLeader } from "./stream/leader.js";

const POLL = 4000;
const SHOWN_LOST_AFTER = 400;

let state = "wait";
let since = 0;
let everLive = false;

// `onNews` is asked to bring everything up to date and answers whether the server could be reached.
export function listen(live, { onEvent, onNews }) {
  const reader = {
    url: new URL(live.dataset.url, location).href,
    watch: live.dataset.watch.split(",").filter(Boolean),
    place: live.dataset.place,
    tell: (message) => (message.state ? turn(message.state, onNews) : onEvent(message.kind, message.event)),
  };
  let leave = join(live.dataset.worker, reader);
  addEventListener("pagehide", () => leave());
  addEventListener("pageshow", (event) => {
    if (event.persisted) leave = join(live.dataset.worker, { ...reader, place: "" });
  });
  setInterval(() => poll(onNews), POLL);
}

function join(workerUrl, reader) {
  if (typeof SharedWorker === "undefined") return joinLeader(reader);
  const { port } = new SharedWorker(workerUrl, { type: "module", name: "queueapp events" });
  port.onmessage = ({ data }) => reader.tell(data);
  port.postMessage({ url: reader.url, watch: reader.watch, place: reader.place });
  return () => port.postMessage({ bye: true });
}

function turn(next, onNews) {
  if (next === "live" && everLive && state !== "live") onNews();
  everLive ||= next === "live";
  state = next;
  since = Date.now();
  if (next === "live") show("live");
  else setTimeout(() => state === "lost" && show("lost"), SHOWN_LOST_AFTER);
}

// Without a stream, as behind a proxy that lets none through, the page is brought up to date every few seconds.
async function poll(onNews) {
  if (state === "live" || document.hidden || Date.now() - since < POLL) return;
  if ((await onNews()) && state !== "live") show("polling");
  else if (state === "lost") show("lost");
}

function show(next) {
  const words = { live: "Live", lost: "Reconnecting…", polling: "Every few seconds" };
  for (const sign of document.querySelectorAll("[data-conn]")) {
    sign.dataset.state = next;
    sign.textContent = words[next];
  }
}
