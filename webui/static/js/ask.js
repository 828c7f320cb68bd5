// Asks in a dialog what the link's own page would ask.
import { fetchDocument } from "./pages.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-ask]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  ask(link.href, link);
});

// Shows the question that stands at an address; `asker` gets the focus back.
export async function ask(url, asker) {
  const { response, page } = await fetchDocument(url).catch(() => ({}));
  const question = page?.getElementById("question");
  if (!response?.ok || !question) return location.assign(url);
  show(question, asker);
}

function show(question, link) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-labelledby", "question-title");
  dialog.append(...document.importNode(question, true).childNodes);
  dialog.querySelector("[data-back]")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (link.isConnected) link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("[data-back]")?.focus();
}
