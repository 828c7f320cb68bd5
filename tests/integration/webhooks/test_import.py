"""What an import webhook sets going, through a real worker: from the file to the NFO beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from queueapp.models.webhook import Outcome
from tests import arr_payloads as arr
from tests.integration.webhooks.conftest import Sender

Put = Callable[[Path], Path]
pytestmark = pytest.mark.usefixtures("worker")


def test_an_imported_film_is_published(sender: Sender, films: Path, video: Put) -> None:
    path = video(films / "Nosferatu (1922)" / "Nosferatu (1922).mkv")
    webhook = sender.acted(arr.film_import(str(path)))
    assert (webhook.outcome, webhook.title) == (Outcome.TASK, "Nosferatu (1922)")
    task = sender.finished(webhook.task_id)
    assert (task.status, task.priority, task.type) == ("completed", 1, "import")
    assert path.with_suffix(".nfo").is_file()
    assert [one.type for one in sender.items(task.id)] == ["import", "analyze", "enrich", "publish"]
    (film,) = sender.titles()
    assert (film.tmdb_id, film.imdb_id, film.ids_source) == (653, "tt0013442", "downloader")


def test_a_pack_told_of_once_for_each_file_and_once_more_is_imported_once(
    sender: Sender, shows: Path, video: Put
) -> None:
    folder = shows / "Lantern Street (1958)"
    for number in (1, 2, 3):
        video(Path(arr.episode_file(str(folder), number)["path"]))
    told = [sender.acted(arr.episode_import(str(folder), number), "sonarr") for number in (1, 2, 3)]
    told.append(sender.acted(arr.pack_import(str(folder), [1, 2, 3]), "sonarr"))
    assert told[-1].outcome is Outcome.DUPLICATE
    tasks = {one.task_id for one in told}
    items = [item for task_id in tasks for item in sender.items(sender.finished(task_id).id)]
    kinds = sorted(item.type for item in items)
    assert kinds.count("import") == kinds.count("analyze") == 3
    assert [item.status for item in items] == ["completed"] * len(items)
    assert len(list(folder.rglob("*S01E*.nfo"))) == 3
