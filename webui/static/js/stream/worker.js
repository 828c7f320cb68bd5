// The worker that all tabs of a browser share: it holds the one event stream and hands its events to each of them.
import { Hub } from "./hub.js";

const hubs = new Map();

self.onconnect = ({ ports: [port] }) => {
  let hub = null;
  const leave = () => hub?.leave(port);
  port.onmessage = ({ data }) => {
    if (data.bye) return leave();
    leave();
    hub = hubs.get(data.url) ?? new Hub(data.url);
    hubs.set(data.url, hub);
    hub.join(port, { watch: data.watch, place: data.place, tell: (message) => port.postMessage(message) });
  };
  port.start();
};
