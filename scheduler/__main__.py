"""`python -m scheduler`: enqueues what the schedules say; any number may run, one leads."""

from __future__ import annotations

import logging
import signal
import sys
import threading

from queueapp import collector

with collector.paused():
    from queueapp import bootstrap, config, errors, log
    from scheduler.process import SchedulerProcess


def main() -> int:
    """Run until SIGTERM or SIGINT, then exit 0; a bad setting is one line and exit 2."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = config.load()
        log.configure(settings.log.level, settings.log.format)
        # It tells of every run of every job, and one runs each second.
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        runtime = bootstrap.runtime(settings)
    except errors.ConfigError as error:
        print(error.message, file=sys.stderr)
        return 2
    try:
        SchedulerProcess(runtime).run(stop)
    finally:
        runtime.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
