"""Streams as analysis stores them, as the NFO's streamdetails."""

from __future__ import annotations

from queueapp.media.details import AudioStream, StreamDetails, VideoStream
from queueapp.media.streams import Streams


def stream_details(streams: Streams) -> StreamDetails:
    """The part of the streams that an NFO holds; the length is that of all parts of the title."""
    length = round(streams.duration_seconds) if streams.duration_seconds else None
    return StreamDetails(
        video=[
            VideoStream(
                codec=one.codec,
                aspect=one.aspect,
                width=one.width,
                height=one.height,
                duration_seconds=length,
                hdr_type=one.hdr,
            )
            for one in streams.video
        ],
        audio=[
            AudioStream(codec=one.codec, language=one.language, channels=one.channels)
            for one in streams.audio
        ],
        subtitle_languages=[one.language for one in streams.text if one.language],
    )


def runtime_minutes(streams: Streams) -> int | None:
    """The length in whole minutes, at least one; None when unknown."""
    return max(round(streams.duration_seconds / 60), 1) if streams.duration_seconds else None
