"""Runs the lines of the Procfile on one machine: starts, restarts and stops each process by itself."""

from __future__ import annotations

from queueapp.supervisor.procfile import application_root, read_procfile
from queueapp.supervisor.supervise import Supervisor, remove_leftovers

__all__ = ["Supervisor", "application_root", "read_procfile", "remove_leftovers"]
