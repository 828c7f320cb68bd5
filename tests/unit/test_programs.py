"""Programs that actors run."""

from __future__ import annotations

import os

import pytest

from queueapp.execution import programs
from queueapp.execution.interrupts import Interrupts

#: It is told right after its start, so it looks a moment later.
SHOW = ["sh", "-c", "sleep 0.3; nice; cat /proc/self/autogroup 2>/dev/null || true"]


@pytest.mark.parametrize("niceness", [0, 7])
def test_a_program_steps_back_for_the_processor_as_far_as_it_is_told(niceness: int) -> None:
    seen, *group = programs.run(SHOW, Interrupts(), niceness=niceness).stdout.splitlines()
    assert int(seen) == max(niceness, os.getpriority(os.PRIO_PROCESS, 0))
    if os.geteuid() == 0:  # others may have to wait behind whoever sets one just now
        assert not group or group[0].endswith(f"nice {niceness}")
