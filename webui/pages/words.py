"""Times, durations and numbers in the words of the pages; static/js/times.js says the same words."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400


def now() -> datetime:
    """The server's clock, by which every relative time on a page is counted."""
    return datetime.now(UTC)


def iso(at: datetime) -> str:
    """A time for machines: RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc(at: datetime) -> str:
    """A time in full, as shown on hover."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock(at: datetime) -> str:
    """The time of day, for log lines."""
    return at.astimezone(UTC).strftime("%H:%M:%S")


def ago(at: datetime) -> str:
    """How long ago a time was, coarse; a time ahead of our clock reads as now."""
    seconds = max(0.0, (now() - at).total_seconds())
    if seconds < 5:
        return "just now"
    if seconds > 30 * DAY:
        return at.astimezone(UTC).strftime("%-d %b %Y")
    return f"{coarse(seconds)} ago"


def until(at: datetime) -> str:
    """How far ahead a time lies; "now" once it has come."""
    seconds = (at - now()).total_seconds()
    if seconds > 30 * DAY:
        return at.astimezone(UTC).strftime("on %-d %b %Y")
    return f"in {coarse(seconds)}" if seconds >= 1 else "now"


def elapsed(since: datetime) -> str:
    """How long something has been going on, to the second; never negative."""
    seconds = int((now() - since).total_seconds())
    return duration(seconds) if seconds > 0 else "0 s"


def tenths(since: datetime) -> str:
    """How long something has been going on, to the tenth of a second; never negative."""
    return f"{max(0.0, (now() - since).total_seconds()):.1f} s"


def coarse(seconds: float) -> str:
    """A span in its largest unit."""
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def duration(seconds: float | None) -> str:
    """A span in two units: "0.4 s", "2.0 s", "12 s", "4 min 12 s", "2 h 5 min", "3 d 4 h".

    What was measured, a float, keeps its tenths below ten seconds; whole numbers are settings and say "2 s".
    """
    if seconds is None:
        return ""
    if seconds < 0.0005:
        return "0 ms"
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95 and isinstance(seconds, float):
        return f"{seconds:.1f} s"
    for size, unit, small_size, small_unit in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if seconds >= size:
            rest = int(seconds % size // small_size)
            return f"{int(seconds // size)} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{int(seconds)} s"


def span(start: datetime | None, end: datetime | None) -> str:
    """The time from one moment to another, or nothing when either is missing."""
    if start is None or end is None:
        return ""
    return duration(max(0.0, (end - start).total_seconds()))


def eta(seconds: float | None) -> str:
    """The time left, coarse as a forecast is; nothing when nobody can tell."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    rounded = seconds if seconds < 20 else round(seconds / 5) * 5
    return f"{duration(int(rounded)) if seconds < 10 * MINUTE else coarse(seconds)} left"


def number(value: int | float | None) -> str:
    """A count with thousands set apart."""
    return "" if value is None else f"{value:,.0f}"


def short(value: int) -> str:
    """A count that fits a badge."""
    if value < 1000:
        return str(value)
    return f"{value // 1000}k" if value < 1_000_000 else f"{value // 1_000_000}M"


def size(count: int | None) -> str:
    """Bytes in the unit that reads best."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit in ("B", "KiB") or value >= 100 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def about(value: int, *, estimated: bool) -> str:
    """A count that says so when it is an estimate: "≈ 12,300"."""
    return f"≈ {number(value)}" if estimated else number(value)


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 item", "1,204 items"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
