// For browsers without shared workers: one tab leads, holds the event stream and tells the others by a channel.
import { Hub } from "./hub.js";

const NAME = "queueapp events";

// Without locks (a page served by plain http from elsewhere) every tab has its own connection.
export function join(reader) {
  if (!navigator.locks || typeof BroadcastChannel === "undefined") return alone(reader);
  const key = crypto.randomUUID();
  const channel = new BroadcastChannel(NAME);
  const hello = { hello: key, watch: reader.watch, place: reader.place };
  let leave = () => channel.postMessage({ bye: key });
  channel.onmessage = ({ data }) => {
    if (data.to === key) reader.tell(data.message);
    // A new leader knows nobody; it asks, and each says where it is.
    if (data.who) channel.postMessage(hello);
  };
  channel.postMessage(hello);
  const end = new AbortController();
  let release = null;
  navigator.locks
    .request(NAME, { signal: end.signal }, () => {
      const hub = lead(channel, reader, key);
      leave = () => hub.leave(key);
      return new Promise((done) => (release = done));
    })
    .catch(() => {});
  return () => {
    leave();
    end.abort();
    release?.();
    channel.close();
  };
}

function lead(channel, reader, key) {
  const hub = new Hub(reader.url);
  hub.join(key, reader);
  const known = channel.onmessage;
  channel.onmessage = (event) => {
    const { hello, bye, watch, place } = event.data;
    if (hello) hub.join(hello, { watch, place, tell: (message) => channel.postMessage({ to: hello, message }) });
    else if (bye) hub.leave(bye);
    else known(event);
  };
  channel.postMessage({ who: true });
  return hub;
}

function alone(reader) {
  const hub = new Hub(reader.url);
  hub.join(reader, reader);
  return () => hub.leave(reader);
}
