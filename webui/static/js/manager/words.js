// Times and counts in the words of the task manager.

const MINUTE = 60, HOUR = 3600, DAY = 86400;

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  for (const [size, unit, small, smallUnit] of [[DAY, "d", HOUR, "h"], [HOUR, "h", MINUTE, "min"], [MINUTE, "min", 1, "s"]]) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / small);
    return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${smallUnit}` : ""}`;
  }
  return `${whole} s`;
}

export function left(seconds) {
  if (seconds === null || seconds === undefined) return "";
  return seconds < 5 ? "a few seconds left" : `${duration(seconds)} left`;
}

export const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

export const badge = (count) => (count < 1000 ? String(count) : count < 1e6 ? `${Math.floor(count / 1000)}k` : `${Math.floor(count / 1e6)}M`);
