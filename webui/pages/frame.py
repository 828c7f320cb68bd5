"""What every page has around its content: navigation, the viewer, the theme, banners."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from werkzeug.local import LocalProxy

from queueapp import states
from queueapp.ledger import reads
from webui.pages import banners
from webui.pages.reading import session
from webui.security import current_user

THEMES = ("system", "light", "dark")
THEME_COOKIE = "theme"


#: Families of pages that stand below another one's place in the navigation.
BELOW = {
    "pages.items": "pages.tasks",
    "pages.new_task": "pages.tasks",
    "pages.bulk": "pages.tasks",
    "pages.renaming": "pages.media",
    "pages.title_acts": "pages.media",
    "pages.artwork": "pages.media",
    "pages.access": "pages.settings",
    "pages.players": "pages.settings",
    "pages.downloaders": "pages.settings",
}
#: Pages of settings, as far as they are there.
SETTINGS = (
    ("Phases", "pages.settings.index", False),
    ("Players", "pages.players.index", False),
    ("Downloaders", "pages.downloaders.index", False),
    ("Users", "pages.access.list_users", True),
    ("API keys", "pages.access.list_keys", True),
    ("Other pages", "pages.settings.widget_page", True),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the navigation; the main ones are in the bottom bar of phones."""

    label: str
    endpoint: str
    icon: str
    main: bool
    admin_only: bool = False

    @property
    def current(self) -> bool:
        """Whether the page shown is this one or below it."""
        family = self.endpoint.rpartition(".")[0]
        return request.blueprint == family or BELOW.get(request.blueprint or "") == family


NAVIGATION = (
    Entry("Overview", "pages.dashboard.index", "home", True),
    Entry("Tasks", "pages.tasks.index", "tasks", True),
    Entry("Libraries", "pages.libraries.index", "library", True),
    Entry("Media", "pages.media.index", "media", True),
    Entry("Batches", "pages.batches.index", "list", False),
    Entry("TMDB lists", "pages.lists.index", "bookmark", False),
    Entry("Schedules", "pages.schedules.index", "schedule", False),
    Entry("Webhooks", "pages.webhooks.index", "webhook", False),
    Entry("Workers", "pages.workers.index", "worker", False),
    Entry("Reconciliation", "pages.reconciliation.index", "check", False),
    Entry("Settings", "pages.settings.index", "settings", False),
    Entry("Audit", "pages.audit.index", "audit", False, admin_only=True),
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the page."""

    name: str
    #: as saved views and the audit log name the caller
    who: str
    role: str
    may_write: bool


def viewer() -> Viewer:
    """The caller as templates see it."""
    return Viewer(current_user.name, current_user.who, current_user.role.value, current_user.is_admin)


def theme() -> str:
    """The theme chosen in this browser; "system" follows the device."""
    chosen = request.cookies.get(THEME_COOKIE, "system")
    return chosen if chosen in THEMES else "system"


def here() -> str:
    """The address of this page without host, to come back to after an act.

    A fragment fetched for a live update belongs to the page that asked for it.
    """
    asked_from = request.headers.get("X-Page", "")
    return asked_from if asked_from.startswith("/") else request.full_path.rstrip("?")


def navigation() -> list[Entry]:
    """The places this caller may go to."""
    return [entry for entry in NAVIGATION if not entry.admin_only or current_user.is_admin]


def settings_tabs() -> list[tuple[str, str]]:
    """The pages of settings that this caller may see, as label and endpoint."""
    return [
        (label, endpoint)
        for label, endpoint, admin_only in SETTINGS
        if has_endpoint(endpoint) and (current_user.is_admin or not admin_only)
    ]


def has_endpoint(endpoint: str) -> bool:
    """Whether a page is there."""
    return endpoint in current_app.view_functions


def active_tasks() -> int:
    """How many tasks are queued or running; counted once for each page, which shows it in several places."""
    if "active_tasks" not in g:
        counts, _ = reads.count_statuses(session(), sorted(states.TASK_ACTIVE))
        g.active_tasks = sum(counts.values())
    return int(g.active_tasks)


def install(app: Flask) -> None:
    """Give all templates the frame; what it reads is read only when a template shows it."""

    @app.context_processor
    def _frame() -> dict[str, Any]:
        return {
            "asset": lambda filename: url_for("static", filename=filename),
            "banners": banners.current,
            "here": here,
            "navigation": LocalProxy(navigation),
            "settings_tabs": settings_tabs,
            "has_endpoint": has_endpoint,
            "now_ms": lambda: int(time.time() * 1000),
            "theme": theme(),
            "viewer": LocalProxy(viewer),
            "active_tasks": LocalProxy(active_tasks),
        }
