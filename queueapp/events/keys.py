"""The Redis keys of events and of the engine's signals."""

from __future__ import annotations

PREFIX = "queueapp:"
#: stream of events, capped
EVENTS = PREFIX + "events"
#: random word that changes when Redis was flushed
EPOCH = PREFIX + "epoch"
#: sorted set of task ids whose items somebody watches, by expiry (Redis time, seconds)
WATCHED = PREFIX + "watched"
#: raised at each cancel and pause
CANCEL_EPOCH = PREFIX + "cancel-epoch"
#: channel on which ids of canceled tasks and items are told
CANCEL_CHANNEL = PREFIX + "cancel"
#: channel, followed by the lane's name, on which a push is told
WAKE_CHANNEL = PREFIX + "wake:"
#: hash of milliseconds an item took lately, by operation
PACE = PREFIX + "pace"
#: hash of counters and histograms, summed over all processes
TALLY = PREFIX + "tally"
#: hash of how many event streams each web process serves, and when it said so (Redis time, seconds)
STREAMS = PREFIX + "streams"

#: Events kept for readers that reconnect.
MAX_EVENTS = 20_000
