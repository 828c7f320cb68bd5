"""What stands in for a picture that cannot be shown now."""

from __future__ import annotations

#: Used when nobody says how large the picture is.
_USUAL = (300, 300)
#: Readable on a light ground and on a dark one.
_INK = "#7b828e"


def frame(width: int, height: int) -> str:
    """A frame with the shape of a picture, as SVG, that says its size in pixels (0 unknown)."""
    across, down = (300, max(round(300 * height / width), 90)) if width and height else _USUAL
    said = f"{width} × {height}" if width and height else "Size unknown"
    middle = down / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" height="{down}"'
        f' role="img" fill="{_INK}" font-family="sans-serif" text-anchor="middle">'
        f"<title>No preview now. {said}</title>"
        f'<text x="150" y="{middle - 4:g}" font-size="30" font-weight="600">{said}</text>'
        f'<text x="150" y="{middle + 30:g}" font-size="24">No preview now</text></svg>'
    )
