from __future__ import annotations

from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from tests.integration.pages.reader import Reader


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder that can be a library."""
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


def test_no_library_yet_says_what_to_do(admin: Reader) -> None:
    assert "No library yet" in admin.open("/libraries").text()


def test_adding_a_folder_leads_to_its_scan(admin: Reader, films: Path) -> None:
    admin.open("/libraries").press("Add and scan", path=str(films), kind="movies", name="My films")
    assert admin.path.startswith("/tasks/")
    assert "Scan My films" in admin.text()
    assert "My films" in admin.open("/libraries").text()


def test_a_library_without_a_name_is_called_after_its_folder(admin: Reader, films: Path) -> None:
    admin.open("/libraries").press("Add and scan", path=f"{films}/", kind="tv", name="")
    assert "Scan films" in admin.text()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/no/such/folder", "there is no folder"),
        ("films", "must be absolute"),
        ("/etc", "folder of the system"),
    ],
)
def test_a_folder_that_cannot_be_one_is_refused_and_kept_in_the_form(
    admin: Reader, path: str, said: str
) -> None:
    admin.open("/libraries").press("Add and scan", path=path, kind="movies")
    assert admin.status == 422
    assert said in admin.text().lower()
    assert admin.page.xpath("//input[@name='path']/@value") == [path]


def test_the_same_folder_twice_is_refused(admin: Reader, films: Path) -> None:
    for _ in range(2):
        admin.open("/libraries").press("Add and scan", path=str(films), kind="movies", name="Films")
    assert admin.status == 422
    assert "already the library" in admin.text()


def test_scanning_again_leads_to_the_scan_that_is_going_on(admin: Reader, films: Path) -> None:
    admin.open("/libraries").press("Add and scan", path=str(films), kind="movies", name="Films")
    first = admin.path
    admin.open("/libraries").press("Scan Films now")
    assert admin.path == first
    assert admin.toasts() == ["This scan is going on already"]


def test_removing_a_library_says_that_its_files_stay(admin: Reader, runtime: Runtime, films: Path) -> None:
    (films / "keep.mkv").write_bytes(b"video")
    with runtime.transaction() as session:
        libraries.add_library(
            session, runtime.settings, NewLibrary(name="Films", path=str(films), kind="movies")
        )
    admin.open("/libraries").follow("Remove Films")
    assert "No file is touched" in admin.text()
    admin.press("Remove library")
    assert admin.toasts() == ["Films is removed; its files are untouched"]
    assert (films / "keep.mkv").exists()
