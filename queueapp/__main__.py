"""`queueapp` and `python -m queueapp`."""

from __future__ import annotations

from queueapp import collector

with collector.paused():
    from queueapp import log
    from queueapp.cli import cli


def main() -> None:
    """Run the command line; what it logs goes to standard error, so that --json stays JSON."""
    log.configure("warning")
    cli(prog_name="queueapp")


if __name__ == "__main__":
    main()
