"""axe-core on a page as it stands, in one theme or in both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

#: What another theme can change.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
#: The rules of WCAG 2.2 AA are among the default ones but for the size of targets, which axe leaves off.
ALL_RULES = {"rules": {"target-size": {"enabled": True}}}


def violations(page: Page) -> list[str]:
    """What axe has to say against the page in the light theme, and against its colours in the dark one."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    page.emulate_media(color_scheme="light")
    found = _run(page, ALL_RULES)
    page.emulate_media(color_scheme="dark")
    return found + [f"dark: {one}" for one in _run(page, COLOURS)]


def _run(page: Page, options: Mapping[str, Any]) -> list[str]:
    told: list[dict[str, Any]] = page.evaluate(
        "(options) => axe.run({...options, resultTypes: ['violations']}).then((results) => results.violations)",
        options,
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['target']}" for one in told]
