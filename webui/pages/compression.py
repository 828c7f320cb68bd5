"""Compresses pages and static files on the way out; event streams and API answers are left alone."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

TYPES = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})
#: Below this a compressed answer would hardly be smaller.
LEAST_BYTES = 600
LEVEL = 6


def install(app: Flask) -> None:
    """Compress what browsers accept compressed."""
    # Static files by their ETag: they are few, and the same for everybody.
    kept: dict[str, bytes] = {}

    def compress(response: Response) -> Response:
        if not _fits(response):
            return response
        response.vary.add("Accept-Encoding")
        if "gzip" not in request.accept_encodings:
            return response
        etag, _ = response.get_etag()
        response.direct_passthrough = False
        packed = kept.get(etag) if etag else None
        if packed is None:
            packed = gzip.compress(response.get_data(), LEVEL)
            if etag:
                kept[etag] = packed
        response.set_data(packed)
        response.content_encoding = "gzip"
        if etag:
            response.set_etag(etag, weak=True)
        return response

    app.after_request(compress)


def _fits(response: Response) -> bool:
    return (
        response.status_code == 200
        and response.mimetype in TYPES
        and response.content_encoding is None
        and (response.content_length or LEAST_BYTES) >= LEAST_BYTES
    )
