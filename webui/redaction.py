"""Takes keys out of addresses before they are written anywhere."""

from __future__ import annotations

import re

HIDDEN = "***"

_IN_QUERY = re.compile(r"(?i)([?&](?:[a-z0-9_-]*(?:key|token|secret|password))=)[^&\s\"]*")
_IN_WEBHOOK_PATH = re.compile(r"(/webhooks/+[^/\s?]+/+)[^/\s?]+")


def redact(text: str) -> str:
    """`text` with the keys in its URLs replaced."""
    return _IN_WEBHOOK_PATH.sub(rf"\g<1>{HIDDEN}", _IN_QUERY.sub(rf"\g<1>{HIDDEN}", text))
