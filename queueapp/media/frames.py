"""Choose a frame of a video that shows something."""

from __future__ import annotations

import io

from PIL import Image, ImageStat

#: Parts of a video's length at which to look, the likeliest first: past the titles, before the credits.
POSITIONS = (0.2, 0.35, 0.1, 0.5, 0.7)
#: Mean brightness (0 to 255) and its spread below which a frame shows next to nothing.
DARKEST_MEAN = 24.0
LEAST_SPREAD = 12.0
#: Frames around a position among which ffmpeg takes the most typical one.
FRAMES_COMPARED = 24


def worth(picture: bytes) -> float:
    """How much a frame shows, 0 for one of a single colour; from 1.0 on it will do."""
    with Image.open(io.BytesIO(picture)) as image:
        figures = ImageStat.Stat(image.convert("L"))
    mean, spread = figures.mean[0], figures.stddev[0]
    return min(mean / DARKEST_MEAN, 1.0) * spread / LEAST_SPREAD


def command(program: str, path: str, at_seconds: float, output: str) -> list[str]:
    """The ffmpeg command that writes the most typical frame around a time as a JPEG, in square pixels."""
    picture = f"thumbnail=n={FRAMES_COMPARED},scale='trunc(iw*max(sar,1/100)/2)*2':'trunc(ih/2)*2',setsar=1"
    return [
        program, "-v", "error", "-nostdin", "-ss", f"{at_seconds:.3f}", "-i", path, "-map", "0:V:0", "-frames:v", "1",
        "-vf", picture, "-q:v", "2", "-f", "image2", "-update", "1", "-y", output,
    ]  # fmt: skip
