// Fetches pages and fragments as the reader, and notices when the session is over.

export const here = () => location.pathname + location.search;

export class Unreachable extends Error {}

export async function fetchPage(url, options = {}) {
  let response;
  try {
    response = await fetch(url, { ...options, headers: { "X-Page": here(), ...options.headers } });
  } catch (cause) {
    throw new Unreachable("The server cannot be reached", { cause });
  }
  if (response.redirected && new URL(response.url).pathname.endsWith("/login") && !location.pathname.endsWith("/login")) {
    location.reload();
  }
  return response;
}

export async function fetchDocument(url, options) {
  const response = await fetchPage(url, options);
  return { response, page: new DOMParser().parseFromString(await response.text(), "text/html") };
}
