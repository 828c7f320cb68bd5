"""`queueapp` and `python -m queueapp`."""

from __future__ import annotations

from queueapp.cli import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="queueapp")


if __name__ == "__main__":
    main()
