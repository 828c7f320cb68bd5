"""`python -m benchmarks.soak --minutes 20`: load and faults, then a verdict; exit status 1 when anything is wrong."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import click
import sqlalchemy as sa

from benchmarks.soak.faults import Faults
from benchmarks.soak.load import Load
from benchmarks.soak.memory import Memory
from queueapp.bootstrap import Runtime
from tests.acceptance.instances import Instance
from tests.faults.audit import Audit
from tests.faults.instances import runtime_of
from tests.waiting import eventually

#: Seconds that the instance may take to start on a busy machine.
START_SECONDS = 300
#: Seconds that all accepted tasks may take to end after the last fault.
END_SECONDS = 300


@click.command()
@click.option("--minutes", type=float, default=20.0, show_default=True)
@click.option("--seed", type=int, help="Repeats the same choices, though not the same moments.")
def main(minutes: float, seed: int | None) -> None:
    """Run an instance of its own under load and random faults, and check that nothing was lost or doubled."""
    seed = random.randrange(10**6) if seed is None else seed
    print(f"seed {seed}, {minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        instance = Instance(Path(folder) / "instance")
        instance.start("--no-demo", ready=False)
        eventually(instance.is_ready, seconds=START_SECONDS, what="the instance being ready")
        try:
            with runtime_of(instance) as runtime:
                failed = soak(instance, runtime, minutes * 60, seed)
        finally:
            instance.close()
    sys.exit(1 if failed else 0)


def soak(instance: Instance, runtime: Runtime, seconds: float, seed: int) -> bool:
    """Load, faults, check; return whether anything was wrong."""
    audit = Audit(runtime)
    load = Load(runtime, random.Random(seed))
    faults = Faults(instance, runtime, random.Random(seed + 1))
    memory = Memory(instance, runtime)
    load.start()
    faults.run_until(time.monotonic() + seconds, memory.sample)
    load.stop()
    at = time.monotonic()
    eventually(instance.is_ready, seconds=END_SECONDS, what="the instance being ready after the last fault")
    try:
        audit.check(*load.accepted, seconds=END_SECONDS)
        verdict = _count(runtime, load.accepted)
    except AssertionError as error:
        verdict = f"WRONG: {error}"
    print("\n".join(report(load, faults, memory, time.monotonic() - at)))
    print(f"\n{verdict}", flush=True)
    if verdict.startswith("WRONG"):
        print("\n".join(instance.lines[-50:]))
    return verdict.startswith("WRONG")


def _count(runtime: Runtime, accepted: dict[int, int]) -> str:
    """Compare the items there are with those that were accepted."""
    per_task = sa.text("SELECT task_id, count(*) FROM queue_items GROUP BY task_id")
    per_status = sa.text("SELECT status, count(*) FROM queue_items GROUP BY status ORDER BY status")
    with runtime.transaction() as session:
        found = {row[0]: row[1] for row in session.execute(per_task)}
        done = [(row[0], row[1]) for row in session.execute(per_status)]
    lost = {task_id: count for task_id, count in accepted.items() if found.get(task_id) != count}
    assert not lost, f"tasks without all of their items: {lost}"
    statuses = ", ".join(f"{count:,} {status}" for status, count in done)
    return f"0 lost, 0 recorded twice, all counts exact: {statuses}"


def report(load: Load, faults: Faults, memory: Memory, end_seconds: float) -> list[str]:
    """What happened, in Markdown."""
    accepted = f"{len(load.accepted):,} tasks with {sum(load.accepted.values()):,} items accepted"
    refused = f"{load.refused} refused while PostgreSQL was away"
    return [
        f"{accepted}, {refused}; all ended {end_seconds:.1f} s after the last fault.",
        "",
        "| fault | times |",
        "| --- | ---: |",
        *(f"| {kind} | {count} |" for kind, count in sorted(faults.done.items())),
        "",
        *memory.table(),
    ]


if __name__ == "__main__":
    main()
