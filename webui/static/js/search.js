// Filters the list while the reader types; Enter, or no script, loads the page instead.
import { applyPage } from "./refresh.js";
import { fetchDocument } from "./pages.js";

const PAUSE = 220;
const form = document.querySelector("form[data-search]");
let timer = null;
let newest = 0;

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE);
});

async function search() {
  const turn = ++newest;
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(filled).toString();
  const url = form.getAttribute("action") + (query && `?${query}`);
  const { response, page } = await fetchDocument(url).catch(() => ({}));
  if (turn !== newest || !response?.ok) return;
  history.replaceState(history.state, "", url);
  applyPage(page);
}
