"""Renames cut short by kill -9 at each step: finished by the next attempt, or taken back by somebody else's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from actors.rename import Rename, perform
from actors.scan import Scan
from actors.scan import perform as scan
from queueapp import errors
from queueapp.execution.interrupts import Interrupted, Reason
from queueapp.media import rename_steps
from queueapp.models.item import Item
from queueapp.models.journal import JournalState
from queueapp.models.media import MediaKind
from queueapp.models.worker import Worker
from queueapp.services.rename import carrying_out
from tests.integration.actors.acting import Acting
from tests.integration.rename.conftest import Renaming
from tests.integration.rename.test_rename import SERIES
from tests.workers import PROJECT

Make = Callable[..., Renaming]

#: Renames a title in a process of its own, which kills itself before or after one of the steps.
VICTIM = """
import os, signal, sys
from pathlib import Path
from actors.rename import Rename, perform
from queueapp import bootstrap, config
from queueapp.media import rename_steps
from queueapp.services.rename import records
from tests.integration.actors.acting import Acting

stop, when = int(sys.argv[1]), sys.argv[2]
real, count = rename_steps.carry_out, 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def carry_out(step, root):
    global count
    if count == stop and when == "before":
        die()
    real(step, root)
    if count == stop and when == "after":
        die()
    count += 1

rename_steps.carry_out = carry_out
if when == "recorded":
    records.move = lambda *_: die()
runtime = bootstrap.runtime(config.load())
perform(Rename(media_id=int(sys.argv[3])), Acting(runtime, task_id=7, item_id=7).as_context)
"""


def killed(made: Renaming, media_id: int, step: int, when: str) -> bool:
    """Run the victim; whether it got as far as to die."""
    settings = made.runtime.settings
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QUEUEAPP_")},
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "QUEUEAPP_DATA_DIR": str(settings.data_dir),
        "PYTHONPATH": str(PROJECT),
    }
    command = [sys.executable, "-c", VICTIM, str(step), when, str(media_id)]
    done = subprocess.run(command, env=variables, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


FILES = [*SERIES[:2], "Foundation.S02.720p/Foundation.s02e01.mkv", "Foundation.S02.720p/Subs/x.s02e01.en.srt"]


@pytest.mark.parametrize(("step", "when"), [(0, "before"), (2, "after"), (4, "after"), (99, "recorded")])
def test_a_killed_rename_is_finished_by_the_next_attempt(make_library: Make, step: int, when: str) -> None:
    made = make_library(FILES, "tv")
    show, before = made.title(MediaKind.SHOW), made.tree()
    assert killed(made, show.id, step, when)
    assert made.journals()[0].state is JournalState.OPEN
    made.rename(show.id)
    (entry,) = made.journals()
    assert entry.state is JournalState.DONE
    assert made.scan().items == []
    made.revert(entry.id)
    assert made.tree() == before


@pytest.mark.parametrize(("step", "when"), [(2, "after"), (99, "recorded")])
def test_what_nobody_goes_on_with_is_taken_back_by_the_next_rename(
    make_library: Make, step: int, when: str
) -> None:
    made = make_library(FILES, "tv")
    show, before = made.title(MediaKind.SHOW), made.tree()
    assert killed(made, show.id, step, when)
    assert made.tree() != before
    # The item is gone for good; the next one first takes back what it left.
    made.rename(show.id, task_id=8)
    first, second = made.journals()
    assert (first.state, second.state) == (JournalState.ROLLED_BACK, JournalState.DONE)
    made.revert(second.id)
    assert made.tree() == before


def test_a_scan_first_takes_back_what_nobody_goes_on_with(make_library: Make) -> None:
    made = make_library(FILES, "tv")
    show, before = made.title(MediaKind.SHOW), made.tree()
    assert killed(made, show.id, 2, "after")
    scan(Scan(path=str(made.root), library_id=made.library.id), Acting(made.runtime, item_id=8).as_context)
    assert made.tree() == before
    assert made.journals()[0].state is JournalState.ROLLED_BACK
    assert made.title(MediaKind.SHOW).id == show.id


def test_a_file_that_vanishes_midway_has_everything_taken_back(
    make_library: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_library(FILES, "tv")
    real, done = rename_steps.carry_out, []

    def carry_out(step: rename_steps.Step, root: str) -> None:
        if step.before.endswith("Foundation.s02e01.mkv"):
            (made.root / "Foundation.S02.720p/Foundation.s02e01.mkv").unlink()
        done.append(step)
        real(step, root)

    before = made.names()
    monkeypatch.setattr(rename_steps, "carry_out", carry_out)
    with pytest.raises(errors.Permanent, match=r"not there .any more.; nothing was changed"):
        made.rename(made.title(MediaKind.SHOW).id)
    assert made.names() == [name for name in before if name != "Foundation.S02.720p/Foundation.s02e01.mkv"]
    assert made.journals()[0].state is JournalState.ROLLED_BACK


def test_a_cancel_midway_takes_everything_back_and_says_so(
    make_library: Make, monkeypatch: pytest.MonkeyPatch
) -> None:

    made = make_library(FILES, "tv")
    before = made.tree()
    context = Acting(made.runtime, task_id=7, item_id=7)
    real, done = rename_steps.carry_out, []

    def carry_out(step: rename_steps.Step, root: str) -> None:
        done.append(step)
        real(step, root)
        if len(done) == 3:
            context.interrupts.request(Reason.CANCELED)

    monkeypatch.setattr(rename_steps, "carry_out", carry_out)
    with pytest.raises(Interrupted):
        perform(Rename(media_id=made.title(MediaKind.SHOW).id), context.as_context)
    assert made.tree() == before
    assert made.journals()[0].state is JournalState.ROLLED_BACK
    assert any("canceled" in line for line in context.lines)


def test_two_renames_of_a_library_do_not_meet(make_library: Make) -> None:
    made = make_library(FILES, "tv")
    show = made.title(MediaKind.SHOW)
    assert killed(made, show.id, 2, "after")
    with made.runtime.transaction() as session:
        session.execute(sa.text("UPDATE journals SET item_id = 12345"))
        session.execute(
            sa.text(
                "INSERT INTO queue_items (id, task_id, index, type, stage, lane, payload, max_attempts)"
                " OVERRIDING SYSTEM VALUE VALUES (12345, 7, 0, 'rename', 2, 2, '{}', 6)"
            )
        )
    with pytest.raises(errors.RetryLater, match="waits for the rename of Foundation"):
        made.rename(made.library.titles(MediaKind.EPISODE)[0].id, task_id=8)


def test_a_scan_that_runs_keeps_renames_waiting_and_not_itself(make_library: Make) -> None:
    made = make_library(FILES, "tv")
    library = made.library.id
    with made.runtime.transaction() as session:
        worker = Worker(broker_id="b", host="here", pid=7, lanes=["normal"], threads=4)
        session.add(worker)
        session.flush()
        session.add(
            Item(
                id=12345, task_id=7, index=0, type="scan", status="running", stage=3, lane=2, max_attempts=6,
                payload={"library_id": library}, worker_id=worker.id, claim_number=1,
                dispatched_at=sa.func.now(), started_at=sa.func.now(),
            )
        )  # fmt: skip
    context = Acting(made.runtime, task_id=7, item_id=12345)
    assert scan(Scan(path=str(made.root), library_id=library), context.as_context)
    with pytest.raises(errors.RetryLater, match="waits for the scan of its library"):
        made.rename(made.title(MediaKind.SHOW).id, task_id=8)


@pytest.mark.parametrize("given_to_another", [True, False])
def test_a_worker_that_lost_its_claim_takes_back_only_what_was_canceled(
    make_library: Make, monkeypatch: pytest.MonkeyPatch, given_to_another: bool
) -> None:
    made = make_library(FILES, "tv")
    before = made.tree()
    context = Acting(made.runtime, task_id=7, item_id=7)

    def refuse() -> None:
        raise errors.Permanent("this item has been canceled or given to another worker meanwhile")

    monkeypatch.setattr(carrying_out, "_CONFIRM_SECONDS", -1.0)
    monkeypatch.setattr(carrying_out, "_is_canceled", lambda _: not given_to_another)
    real = rename_steps.carry_out

    def carry_out(step: rename_steps.Step, root: str) -> None:
        real(step, root)
        monkeypatch.setattr(context, "confirm_claim", refuse)

    monkeypatch.setattr(rename_steps, "carry_out", carry_out)
    with pytest.raises(errors.Permanent, match="another worker"):
        perform(Rename(media_id=made.title(MediaKind.SHOW).id), context.as_context)
    assert made.journals()[0].state is (JournalState.OPEN if given_to_another else JournalState.ROLLED_BACK)
    assert (made.tree() == before) is not given_to_another
