"""Cron expressions: five fields, read as crontab(5) reads them, in a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: How far ahead a next time is looked for: 29 February comes at most 8 years later.
HORIZON_DAYS = 366 * 8 + 1

MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
WEEKDAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True)
class Field:
    """One field of an expression: its name, its bounds and the words that stand for numbers."""

    name: str
    lowest: int
    highest: int
    words: dict[str, int]


FIELDS = (
    Field("minute", 0, 59, {}),
    Field("hour", 0, 23, {}),
    Field("day of month", 1, 31, {}),
    Field("month", 1, 12, MONTHS),
    Field("day of week", 0, 7, WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """A parsed expression; `next_after` is all that is asked of it."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    #: 0 = Sunday … 6 = Saturday.
    weekdays: frozenset[int]
    either_day: bool
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime:
        """The first time later than `moment`, in UTC; ValueError when there is none (30 February)."""
        for local in self._local_times(moment.astimezone(self.zone).date()):
            # A wall time that the zone skips is met at the moment that replaces it, one that it repeats once.
            found = local.replace(tzinfo=self.zone).astimezone(UTC)
            if found > moment:
                return found
        raise ValueError("the cron expression never comes due")

    def _local_times(self, first: date) -> Iterator[datetime]:
        for offset in range(HORIZON_DAYS):
            day = first + timedelta(days=offset)
            if self._fits(day):
                yield from (datetime.combine(day, time(h, m)) for h in self.hours for m in self.minutes)

    def _fits(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        # crontab(5): with both day fields restricted, either of them is enough.
        return by_month or by_week if self.either_day else by_month and by_week


def parse(expression: str, timezone: str = "UTC") -> Cron:
    """Read an expression such as `30 4 * * mon-fri` or `@daily`; ValueError says what is wrong in it."""
    texts = MACROS.get(expression.strip().lower(), expression).split()
    if len(texts) != len(FIELDS):
        raise ValueError(f"a cron expression has 5 fields (minute hour day month weekday), not {len(texts)}")
    minutes, hours, days, months, weekdays = (
        _parse_field(field, text.lower()) for field, text in zip(FIELDS, texts, strict=True)
    )
    cron = Cron(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        either_day=not texts[2].startswith("*") and not texts[4].startswith("*"),
        zone=_zone(timezone),
    )
    cron.next_after(datetime(2000, 1, 1, tzinfo=UTC))
    return cron


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


def _parse_field(field: Field, text: str) -> frozenset[int]:
    return frozenset(number for part in text.split(",") for number in _parse_part(field, part))


def _parse_part(field: Field, part: str) -> range:
    span, slash, step_text = part.partition("/")
    step = _number(field, step_text, {}) if slash else 1
    if step < 1:
        raise ValueError(f"{field.name}: a step is at least 1, not {step_text!r}")
    first, last = _bounds(field, span, open_ended=bool(slash))
    if not field.lowest <= first <= last <= field.highest:
        raise ValueError(f"{field.name}: {part!r} is not within {field.lowest}-{field.highest}")
    return range(first, last + 1, step)


def _bounds(field: Field, span: str, *, open_ended: bool) -> tuple[int, int]:
    if span == "*":
        return field.lowest, field.highest
    low, dash, high = span.partition("-")
    first = _number(field, low, field.words)
    if dash:
        return first, _number(field, high, field.words)
    return first, field.highest if open_ended else first


def _number(field: Field, text: str, words: dict[str, int]) -> int:
    if text in words:
        return words[text]
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{field.name}: {text!r} is not a number" + (" or a name" if words else ""))
    return int(text)
