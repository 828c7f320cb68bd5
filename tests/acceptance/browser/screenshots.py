"""`make screenshots`: takes every page of a real instance, wide and narrow, light and dark.

Arguments name the sizes to take, by their width; without any all are taken.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.browser import every_page, stage, stand_ins
from tests.acceptance.browser.conftest import CHROMIUM_OPTIONS, sign_in
from tests.acceptance.browser.instance import ROOT, Instance

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {"1440": (1440, 900), "390": (390, 844)}
THEMES = ("light", "dark")
#: Enough for flat colours, smooth edges of letters and posters; keeps the folder small.
COLOURS = 256
#: Paths as a household has them, where this account may make them and they are not there yet.
USUAL = (Path("/srv/media"), Path("/srv/queueapp"))


def main() -> None:
    """Start an instance, give it something to show, and take each page."""
    with sync_playwright() as playwright, stand_ins.serving() as server, places() as (media, home):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        stage.know_titles(server.titles, browser)
        instance = Instance(home, files=media / "downloads", environ=server.environ())
        instance.start()
        try:
            pages = stage.set_up(instance, server, media)
            take_all(browser, instance, pages)
        finally:
            instance.stop()
        browser.close()


@contextmanager
def places() -> Iterator[tuple[Path, Path]]:
    """Folders for the media and for the instance, which are gone afterwards."""
    usual = not any(place.exists() for place in USUAL)
    media, home = USUAL if usual else (Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp()))
    try:
        for place in (media, home):
            place.mkdir(exist_ok=True)
            place.chmod(0o711)
    except OSError:
        media, home = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
        home.chmod(0o711)
    try:
        yield media, home
    finally:
        shutil.rmtree(media, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def take_all(browser: Browser, instance: Instance, pages: dict[str, str]) -> None:
    """Take each page in both sizes and themes, the sign-in page first, and what opens last."""
    assert not every_page.missing(pages.values())
    FOLDER.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        if sys.argv[1:] and size not in sys.argv[1:]:
            continue
        for theme in THEMES:
            options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
            context = browser.new_context(base_url=instance.url, reduced_motion="reduce", **options)
            page = context.new_page()
            page.goto("/login")
            keep(page, f"login-{size}-{theme}")
            sign_in(page)
            for name, path in pages.items():
                if name == "login":
                    continue
                page.goto(path)
                settle(page)
                keep(page, f"{name}-{size}-{theme}")
            take_opened(page, f"{size}-{theme}")
            context.close()


def take_opened(page: Page, suffix: str) -> None:
    """Take what opens on pages: the task manager, a selection, the keys."""
    page.goto("/tasks")
    page.locator("queueapp-tasks .float").click()
    page.locator("queueapp-tasks").get_by_role("list", name="Running tasks").wait_for()
    keep(page, f"task-manager-{suffix}")
    page.goto("/tasks")
    settle(page)
    page.locator("[data-pick]").nth(1).check()
    page.locator("[data-pick]").nth(2).check()
    keep(page, f"tasks-selected-{suffix}")
    page.goto("/tasks")
    settle(page)
    page.keyboard.press("?")
    page.locator("#keys").wait_for()
    keep(page, f"keyboard-{suffix}")


def settle(page: Page) -> None:
    """Wait until the page is live, its font and its pictures are there."""
    if page.locator("#live").count():  # pages of errors have no frame
        page.locator("[data-conn][data-state=live]:visible").wait_for()
        page.locator("queueapp-tasks .float").wait_for()
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_function(
        "[...document.images].every((image) => image.complete || image.loading === 'lazy')"
    )


def keep(page: Page, name: str) -> None:
    """Write a picture of what the window shows, with few colours."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    small = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
