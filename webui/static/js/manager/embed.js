// Shows the task manager in a page of another site: <script src="https://queue.example/embed.js?token=…" async></script>
// The server's address and the token come from the script's own address; data-base and data-token go before them.
(() => {
  const script = document.currentScript;
  const address = new URL(script.src);
  const base = (script.dataset.base ?? address.href.replace(/\/embed\.js.*$/, "")).replace(/\/$/, "");
  const token = script.dataset.token ?? address.searchParams.get("token") ?? "";
  const start = async () => {
    const [{ Hub }] = await Promise.all([import(`${base}/static/js/stream/hub.js`), import(`${base}/static/js/manager/element.js`)]);
    const manager = document.createElement("queueapp-tasks");
    Object.assign(manager.dataset, { base, token, css: `${base}/static/css/manager.css`, theme: script.dataset.theme ?? "auto" });
    document.body.append(manager);
    const url = `${base}/events/queues?token=${encodeURIComponent(token)}`;
    new Hub(url).join("page", { watch: [], place: "", tell: ({ kind, event, state }) => kind ? manager.note(kind, event) : state === "live" && manager.refresh() });
    // Without a stream the task manager still shows what is new, a little later.
    setInterval(() => document.hidden || manager.refresh(), 10_000);
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
