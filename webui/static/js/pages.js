// Fetches pages and fragments as the reader, and notices when the session is over.

export const here = () => location.pathname + location.search;

export class Unreachable extends Error {}

async function fetchPage(url, options = {}) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (cause) {
    throw new Unreachable("The server cannot be reached", { cause });
  }
  if (response.redirected && new URL(response.url).pathname.endsWith("/login") && !location.pathname.endsWith("/login")) {
    location.reload();
  }
  return response;
}

// A part of this page: its forms lead back here, not to the part's own address.
export const fetchPart = (url) => fetchDocument(url, { headers: { "X-Page": here() } });

export async function fetchDocument(url, options) {
  const response = await fetchPage(url, options);
  return { response, page: new DOMParser().parseFromString(await response.text(), "text/html") };
}
