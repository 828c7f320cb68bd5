"""Batches: one operation on each video file of a folder."""
