// Sends the buttons' forms without leaving the page: the answer is the page as it is afterwards.
import { fetchDocument, here, Unreachable } from "./pages.js";
import { applyPage } from "./refresh.js";
import { showToast, showToastsOf } from "./toasts.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]") || event.defaultPrevented) return;
  event.preventDefault();
  send(form, event.submitter);
});

async function send(form, submitter) {
  const button = submitter ?? form.querySelector("button");
  if (button.hasAttribute("data-busy")) return;
  button.setAttribute("data-busy", "");
  try {
    const body = new FormData(form, submitter);
    const { response, page } = await fetchDocument(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(body) });
    finish(form, response, page);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    showToast(error.message, "error");
  } finally {
    button.removeAttribute("data-busy");
  }
}

function finish(form, response, page) {
  form.closest("dialog")?.close();
  const url = new URL(response.url);
  if (!response.ok) {
    showToast(page.querySelector("[data-problem]")?.textContent ?? `The server answered ${response.status}`, "error");
  } else if (url.pathname + url.search === here()) {
    applyPage(page);
    showToastsOf(page);
  } else {
    location.assign(response.url);
  }
}
