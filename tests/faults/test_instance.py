"""kill -9 of any part of `queueapp up`, and of all of it, while tasks are posted: every accepted one completes."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.instances import Instance
from tests.faults.audit import Audit
from tests.faults.instances import Poster, runtime_of
from tests.faults.recoveries import Recoveries
from tests.waiting import eventually


@pytest.fixture
def instance(data_dir: Path) -> Iterator[Instance]:
    made = Instance(data_dir / "instance")
    yield made.start("--no-demo")
    made.close()


def kill(instance: Instance, name: str) -> None:
    """kill -9 of a service; returns when its supervisor has started another."""
    pid = instance.supervised()[name]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: instance.supervised().get(name, pid) != pid, seconds=40, what=f"another {name}")


@pytest.mark.timeout(400)
def test_every_accepted_task_survives_the_death_of_any_part_and_of_all(
    instance: Instance, recoveries: Recoveries
) -> None:
    with runtime_of(instance) as runtime, Poster(instance) as poster:
        audit = Audit(runtime)
        for name in random.sample(["web", "scheduler", "priority", "worker.1", "worker.2"], k=5):
            poster.wait_for(random.randrange(1, 10))
            kill(instance, name)
            if name == "web":
                at = time.time()
                recoveries.took(
                    "kill -9 of web, until HTTP answers 201 again", poster.next_after(at), within=30
                )
        for _ in range(2):
            poster.wait_for(random.randrange(1, 20))
            instance.kill_everything()
            at = time.time()
            instance.start("--no-demo")
            recoveries.took(
                "kill -9 of everything, from `queueapp up` until HTTP answers 201",
                poster.next_after(at),
                within=60,
            )
        poster.wait_for(5)
    with runtime_of(instance) as runtime:
        at = time.time()
        assert len(poster.accepted) > 20
        audit.attach(runtime)
        audit.check(*poster.accepted, seconds=120)
        recoveries.took(
            "kill -9 of everything, until every task accepted is done", time.time() - at, within=60
        )
    assert poster.refused <= {503}
