"""Fixtures for tests in a real browser: one instance for all of them, and a signed-in page for each."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.acceptance.browser import stand_ins
from tests.acceptance.browser.instance import PASSWORD, Instance
from tests.acceptance.browser.stand_ins import Tmdb
from tests.proxy import Proxy

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

#: Makes a signed-in page in a context with the given options.
expect.set_options(timeout=15_000)
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def tmdb() -> Iterator[Tmdb]:
    """TMDB as the instance meets it."""
    with stand_ins.serving() as server:
        yield server


@pytest.fixture(scope="session")
def instance(tmdb: Tmdb) -> Iterator[Instance]:
    """A whole queueapp without libraries."""
    folder = Path(tempfile.mkdtemp(prefix="queueapp-browser-"))
    folder.chmod(0o711)
    running = Instance(folder, environ=tmdb.environ())
    running.start()
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("these tests need chromium")
        pytest.skip("these tests need chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, instance: Instance) -> Any:
    """The cookies of the admin, signed in once."""
    context = chromium.new_context(base_url=instance.url)
    sign_in(context.new_page())
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(chromium: Browser, instance: Instance, signed_in: Any) -> Iterator[OpenPage]:
    """Opens signed-in pages; afterwards none of them may have met an error or asked another host."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note_request(url: str, own: str) -> None:
        if not url.startswith((own, instance.url, "data:")):
            complaints.append(f"asked {url}")

    def note_console(message: Any) -> None:
        # A refused or cut request is shown to the person and logged by the browser itself.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def make(path: str = "/", **options: Any) -> Page:
        url = options.setdefault("base_url", instance.url)
        options.setdefault("storage_state", signed_in)
        context = chromium.new_context(**options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: note_request(request.url, url))
        page.on("console", note_console)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A signed-in page on a desktop."""
    return open_page(viewport={"width": 1440, "height": 900})


@pytest.fixture
def proxy(instance: Instance) -> Iterator[Proxy]:
    """A wire to the instance that can be cut."""
    wire = Proxy(lambda: socket.create_connection(("127.0.0.1", instance.port)))
    yield wire
    wire.close()


def sign_in(page: Page) -> None:
    """Sign in as the admin."""
    page.goto("/login")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
