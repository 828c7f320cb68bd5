"""The demo library: films and a series as downloads leave them, with samples, trailers, extras and junk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from queueapp.demo.video import Audio, make_video

GERMAN = Audio("ger", "Deutsch", default=True)
ENGLISH = Audio("eng", "English", default=True)
ENGLISH_TOO = Audio("eng", "English")
COMMENTARY = Audio("eng", "Director's commentary")
FRENCH = Audio("fre", "Français", default=True)
RUSSIAN = Audio("rus", "Русский", default=True)

#: Path below the library, and the audio tracks. All are films in the public domain.
FILMS: dict[str, tuple[Audio, ...]] = {
    "Nosferatu (1922) {tmdb-653}/Nosferatu (1922).mkv": (GERMAN, ENGLISH_TOO),
    "Metropolis.1927.1080p.BluRay.x264-DEMO/Metropolis.1927.1080p.BluRay.x264-DEMO.mkv": (GERMAN, COMMENTARY),
    "Night of the Living Dead (1968)/Night of the Living Dead (1968).mp4": (ENGLISH, COMMENTARY),
    "The General (1926)/The General (1926).mkv": (ENGLISH,),
    "Le Voyage dans la Lune (1902)/Le Voyage dans la Lune (1902).mp4": (FRENCH, ENGLISH_TOO),
    "Броненосец Потёмкин (1925)/Броненосец Потёмкин (1925).mkv": (RUSSIAN, ENGLISH_TOO),
}
ROBIN_HOOD = "The Adventures of Robin Hood (1955)/Season 01/The Adventures of Robin Hood"
EPISODES: dict[str, tuple[Audio, ...]] = {
    f"{ROBIN_HOOD} - S01E01 - The Coming of Robin Hood.mkv": (ENGLISH, COMMENTARY),
    f"{ROBIN_HOOD} - S01E02 - The Moneylender.mkv": (ENGLISH,),
    f"{ROBIN_HOOD} - S01E03E04.mp4": (ENGLISH, Audio("ger", "Deutsch")),
}
#: Videos that are no titles of their own.
ASIDE_FILMS = (
    "Metropolis.1927.1080p.BluRay.x264-DEMO/Sample/metropolis.1927.1080p-sample.mkv",
    "Night of the Living Dead (1968)/Night of the Living Dead (1968)-trailer.mp4",
    "The General (1926)/extras/Restoring the General.mkv",
)
JUNK_FILMS = {
    "Metropolis.1927.1080p.BluRay.x264-DEMO/RELEASE.txt": "Shared for study.\n",
    "Nosferatu (1922) {tmdb-653}/Thumbs.db": "",
    "The Cabinet of Dr. Caligari (1920)/The Cabinet of Dr. Caligari (1920).mkv.part": "not downloaded yet\n",
    ".Trash/Old film (1999)/Old film (1999).mkv": "thrown away\n",
}


@dataclass(frozen=True)
class DemoLibrary:
    """One of the libraries made: its name, kind (`movies` or `tv`) and folder."""

    name: str
    kind: str
    path: Path


def make_demo(folder: Path, *, ffmpeg: str | None = None) -> list[DemoLibrary]:
    """Make the demo's films and series below `folder`; files that are there already stay as they are."""
    films, series = folder / "films", folder / "series"
    for root, titles in ((films, FILMS), (series, EPISODES)):
        for path, audio in titles.items():
            make_video(root / path, 2, audio, size="640x360", ffmpeg=ffmpeg)
    for path in ASIDE_FILMS:
        make_video(films / path, ffmpeg=ffmpeg)
    for path, text in JUNK_FILMS.items():
        _write_missing(films / path, text)
    return [DemoLibrary("Demo films", "movies", films), DemoLibrary("Demo series", "tv", series)]


def _write_missing(path: Path, text: str) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
