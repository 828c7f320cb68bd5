"""No room left on the disk of the data directory: nothing that was accepted is lost, and room is all it needs."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.instances import Instance
from tests.faults.audit import Audit
from tests.faults.disks import small_disk
from tests.faults.instances import Poster, runtime_of
from tests.faults.recoveries import Recoveries
from tests.waiting import eventually


@pytest.mark.timeout(300)
def test_a_full_disk_refuses_tasks_and_loses_none(data_dir: Path, recoveries: Recoveries) -> None:
    with small_disk(data_dir) as disk:
        instance = Instance(disk.folder / "instance")
        instance.start("--no-demo")
        try:
            with runtime_of(instance) as runtime, Poster(instance) as poster:
                audit = Audit(runtime)
                poster.wait_for(10)
                disk.fill(instance)
                eventually(lambda: poster.refused, seconds=60, what="a refusal")
                # What dies now cannot even be noted, let alone be started.
                for name in ("worker.1", "web"):
                    os.kill(instance.supervised()[name], signal.SIGKILL)
                next(
                    one for one in instance.children("postgres") if one.ppid() == instance.process.pid
                ).kill()
                eventually(lambda: instance.output.count("trying again in") > 1, seconds=60)
                disk.empty(instance)
                at = time.time()
                recoveries.took(
                    "disk full, then room again, until HTTP answers 201", poster.next_after(at), within=60
                )
                poster.wait_for(10)
            with runtime_of(instance) as runtime:
                audit.attach(runtime)
                audit.check(*poster.accepted, seconds=90)
            assert poster.refused <= disk.answers
            assert instance.process.poll() is None
        finally:
            instance.close()
