"""The filters that templates use, by the names they use them under."""

from __future__ import annotations

from flask import Flask

from queueapp.media import paths
from queueapp.priorities import Priority
from webui.pages import acts, audit, json_markup, looks, remarks, saved_views, task_query, words

FILTERS = {
    "about": words.about,
    "ago": words.ago,
    "audit_words": audit.words_of,
    "allows": acts.allows,
    "bar": looks.bar,
    "clock": words.clock,
    "duration": words.duration,
    "elapsed": words.elapsed,
    "eta": words.eta,
    "finished": looks.finished_items,
    "iso": words.iso,
    "item_allows": acts.item_allows,
    "item_name": remarks.item_name,
    "item_remark": remarks.of_item,
    "json_markup": json_markup.json_markup,
    "look": looks.look,
    "number": words.number,
    "plural": words.plural,
    "readable": paths.readable,
    "remark": remarks.of_task,
    "short": words.short,
    "shown": looks.shown_status,
    "size": words.size,
    "span": words.span,
    "tenths": words.tenths,
    "until": words.until,
    "utc": words.utc,
}


def priority_words(priority: int) -> str:
    """A priority by its class, or its number."""
    try:
        return Priority(priority).name.lower()
    except ValueError:
        return str(priority)


#: Words that say little about a title.
SMALL_WORDS = frozenset(
    (
        "the",
        "a",
        "an",
        "of",
        "and",
        "in",
        "on",
        "to",
        "la",
        "le",
        "les",
        "de",
        "der",
        "die",
        "das",
        "el",
        "et",
        "und",
    )
)


def initials(title: str) -> str:
    """One or two letters that stand for a title without a poster."""
    names = [word for word in title.split() if word[0].isalnum()]
    telling = [word for word in names if word.lower() not in SMALL_WORDS] or names
    return "".join(word[0] for word in telling[:2]).upper() or "?"


def below(path: str, folder: str) -> str:
    """A path as seen from a folder, when it lies there."""
    return path.removeprefix(folder.rstrip("/") + "/")


def install(app: Flask) -> None:
    """Add the filters to an app's templates."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.filters.update(priority_words=priority_words, below=below, initials=initials)
    app.jinja_env.globals["toggle_url"] = task_query.toggle_url
    app.jinja_env.globals["view_url"] = saved_views.url
    app.jinja_env.globals["view_current"] = saved_views.is_current
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
