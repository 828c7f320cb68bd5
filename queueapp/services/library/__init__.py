"""Libraries: their folders, and how scans, imports and followed renames keep their titles."""
