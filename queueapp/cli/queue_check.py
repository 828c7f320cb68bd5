"""What `queueapp doctor --queue` says of a comparison of ledger, Redis and workers."""

from __future__ import annotations

from collections.abc import Iterator

from queueapp.cli.checks import Finding
from queueapp.services.reconcile import Reconciliation

#: Of each kind so many are named in a line; `--json` names more.
NAMED = 5
CHECK = "queue"


def findings_of_queue(seen: Reconciliation) -> Iterator[Finding]:
    """One finding for each disagreement, or that there is none; then what was repaired last."""
    if seen.items_without_message_count:
        names = ", ".join(str(one.item_id) for one in seen.items_without_message[:NAMED])
        found = f"{seen.items_without_message_count} items dispatched, but not in Redis ({names} …)"
        yield Finding(
            CHECK, "bad", found, "a running worker hands them out again within 10 s; is one running?"
        )
    if seen.messages_without_item_count:
        names = ", ".join(f"{one.lane} {one.message_id}" for one in seen.messages_without_item[:NAMED])
        found = f"{seen.messages_without_item_count} messages in Redis without a dispatched item ({names} …)"
        yield Finding(CHECK, "warning", found, "harmless: workers drop them when they come to them")
    for worker in seen.silent_workers:
        who = f"worker {worker.worker_id} (process {worker.pid} on {worker.host})"
        found = f"{who} does not beat" + (f" and holds {worker.items} items" if worker.items else "")
        yield Finding(CHECK, "bad", found, "a running worker takes them over within 20 s; is one running?")
    if seen.agrees:
        yield Finding(CHECK, "ok", "ledger, Redis and workers agree")
    yield Finding(CHECK, "ok", _last_repair(seen))


def _last_repair(seen: Reconciliation) -> str:
    last = seen.last_repair
    if last is None:
        return "nothing ever had to be handed out again"
    when = last.at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"last repair {when}: {last.count} items handed out again, {last.reason} ({last.total} in all)"
