"""Batches, started by a form and looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from queueapp.services.batch import batches
from tests.integration.pages.reader import Reader


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder in an allowed root, with three files."""
    for name in ("a.mkv", "b.mp4", "deep/c.mkv"):
        path = tmp_path / "films" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"video")
    return tmp_path / "films"


def test_no_batch_yet_says_what_to_do(admin: Reader, viewer: Reader) -> None:
    assert "No batch yet" in admin.open("/batches").text()
    assert "Start a batch" not in viewer.open("/batches").text()


def test_a_batch_is_started_shown_and_canceled(admin: Reader, films: Path, runtime: Runtime) -> None:
    admin.open("/batches").press(
        "Start", path=str(films), operation="verify", pattern="**/*.mkv", min_size_mb="0.5",
        exclude_patterns="*sample*, *trailer*", priority="low",
    )  # fmt: skip
    assert admin.path.startswith("/batches/")
    text = admin.text()
    assert "Verify NFO and artwork" in text
    assert "*sample*, *trailer*" in text
    with runtime.transaction() as session:
        task = batches.get(session, int(admin.path.rpartition("/")[2]))
    assert task.meta["batch"]["filters"]["exclude_patterns"] == ["*sample*", "*trailer*"]
    assert (task.meta["batch"]["recursive"], task.priority) == (True, 8)
    admin.press("Cancel")
    assert "Canceled" in admin.text()
    assert str(films) in admin.open("/batches").text()


@pytest.mark.parametrize(
    ("field", "value", "status", "said"),
    [
        ("path", "/no/such/folder", 422, "there is no folder"),
        ("pattern", "[a", 422, "has no partner"),
        ("min_size_mb", "much", 422, "valid number"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_form(
    admin: Reader, films: Path, field: str, value: str, status: int, said: str
) -> None:
    admin.open("/batches").press("Start", **({"path": str(films)} | {field: value}))
    assert admin.status == status
    assert said in admin.text().lower()


def test_a_second_batch_on_a_folder_is_refused(admin: Reader, films: Path) -> None:
    admin.open("/batches").press("Start", path=str(films))
    admin.open("/batches").press("Start", path=str(films / "deep"))
    assert admin.status == 409
    assert "is active on" in admin.text()


def test_another_task_is_no_batch(admin: Reader) -> None:
    assert admin.open("/batches/999").status == 404
