"""JSON for people: indented, with keys, strings and values marked for colour."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup, escape

#: A string (with the colon that makes it a key), or a bare value.
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)')


def json_markup(value: Any) -> Markup:
    """Return a JSON-able value as escaped HTML for a `<code>` block."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    out, last = [], 0
    for token in _TOKEN.finditer(text):
        out.append(escape(text[last : token.start()]))
        string, colon, word, figure = token.groups()
        kind = ("k" if colon else "s") if string else "v"
        out.append(Markup('<span class="{}">{}</span>{}').format(kind, string or word or figure, colon or ""))
        last = token.end()
    out.append(escape(text[last:]))
    return Markup("").join(out)
