"""The web process: HTTP API, live events and pages. The only part that knows Flask."""
