// Keeps relative times true by the server's clock; says the same words as webui/pages/words.py.

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const offset = Number(document.documentElement.dataset.now) - Date.now();
const secondsSince = (at) => (Date.now() + offset - at) / 1000;
const spoken = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const dayOnly = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const clockOnly = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

function coarse(seconds) {
  for (const [size, unit] of [[DAY, "d"], [HOUR, "h"], [MINUTE, "min"]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${Math.max(0, Math.floor(seconds))} s`;
}

function exact(seconds) {
  for (const [size, unit, small, smallUnit] of [[DAY, "d", HOUR, "h"], [HOUR, "h", MINUTE, "min"], [MINUTE, "min", 1, "s"]]) {
    if (seconds < size) continue;
    const rest = Math.floor((seconds % size) / small);
    return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${smallUnit}` : ""}`;
  }
  return `${Math.floor(seconds)} s`;
}

const WORDS = {
  ago(at) {
    const seconds = Math.max(0, secondsSince(at));
    if (seconds < 5) return "just now";
    return seconds > 30 * DAY ? dayOnly.format(at) : `${coarse(seconds)} ago`;
  },
  until(at) {
    const seconds = -secondsSince(at);
    if (seconds > 30 * DAY) return `on ${dayOnly.format(at)}`;
    return seconds >= 1 ? `in ${coarse(seconds)}` : "now";
  },
  elapsed: (at) => exact(Math.max(0, secondsSince(at))),
  seconds: (at) => `${Math.max(0, secondsSince(at)).toFixed(1)} s`,
  clock: (at) => clockOnly.format(at),
};

export function tick(which = "time[data-tick]") {
  for (const time of document.querySelectorAll(which)) {
    const at = new Date(time.dateTime);
    const words = WORDS[time.dataset.tick](at);
    if (time.textContent !== words) time.textContent = words;
    const title = `${spoken.format(at)} here, ${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
    if (time.title !== title) time.title = title;
  }
}

tick();
setInterval(() => document.hidden || tick(), 1000);
setInterval(() => document.hidden || tick("time[data-tick=seconds]"), 100);
document.addEventListener("visibilitychange", () => document.hidden || tick());
