"""Schedules: what is due, its runs, and who leads."""
