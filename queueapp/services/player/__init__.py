"""Players: their settings, and how they are told of changes."""
