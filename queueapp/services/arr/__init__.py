"""Radarr and Sonarr: the downloaders, and the webhooks they send."""
