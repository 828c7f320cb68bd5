"""The one line said below a title: what matters most about a task or an item right now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webui.pages import words


@dataclass(frozen=True, slots=True)
class Remark:
    """A line and whether it is bad news; `tone` is a CSS class."""

    text: str
    tone: str = ""


def of_task(task: Any) -> Remark | None:
    """Why a task failed, waits or warns; else what it is doing, or where it came from."""
    if task.status == "failed" and task.error:
        return Remark(task.error, "bad")
    if task.paused and task.status in ("queued", "running"):
        return Remark(f"paused by {task.paused_by}" if task.paused_by else "paused")
    if task.canceling:
        return Remark(f"waits until {words.plural(task.running_items, 'running item')} stopped")
    if task.status == "canceled" and task.stopped_after_seconds is not None:
        return Remark(f"stopped after {words.duration(task.stopped_after_seconds)}")
    if task.status == "completed" and task.warnings:
        first = task.warnings[0]
        more = len(task.warnings) - 1
        return Remark(first + (f" (and {words.plural(more, 'more warning')})" if more else ""), "warn")
    if task.waiting_for:
        return Remark(task.waiting_for)
    if task.status in ("queued", "running") and task.message:
        return Remark(task.message)
    came_from = [f"by {task.created_by}" if task.created_by else "", task.origin]
    said = ", ".join(part for part in came_from if part)
    return Remark(said) if said else None


def of_item(item: Any) -> Remark | None:
    """Why an item failed or waits; else what it says itself."""
    if item.error_message and item.display_status in ("failed", "retrying", "queued"):
        return Remark(item.error_message, "bad" if item.display_status == "failed" else "warn")
    said = item.waiting_for or item.message
    return Remark(said) if said else None


def item_name(item: Any) -> str:
    """What to call an item: its own title, else what it is about, else its operation."""
    return str(item.title or item.subject or item.type)
