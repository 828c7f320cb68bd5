"""A library as people have them: 30 films and 2 series among samples, trailers, extras, junk and links."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from queueapp.demo import Audio, make_video

#: Path of each film's video, and what it is.
FILMS: dict[str, tuple[str, int]] = {
    "Nosferatu (1922) {tmdb-653}/Nosferatu (1922).mkv": ("Nosferatu", 1922),
    "Metropolis.1927.1080p.BluRay.x264-GRP/grp-metropolis.1080p.mkv": ("Metropolis", 1927),
    "The General (1926)/The General (1926).mp4": ("The General", 1926),
    "2001.A.Space.Odyssey.1968.2160p.UHD.BluRay.x265-GRP.mkv": ("2001 A Space Odyssey", 1968),
    "Blade.Runner.2049.2017.1080p.WEB-DL/Blade.Runner.2049.2017.1080p.WEB-DL.mkv": (
        "Blade Runner 2049",
        2017,
    ),
    "1917 (2019)/1917 (2019) - 1080p.mkv": ("1917", 2019),
    "2012 (2009)/2012.2009.720p.BluRay.x264.mkv": ("2012", 2009),
    "七人の侍 (1954)/七人の侍 (1954).mkv": ("七人の侍", 1954),
    "기생충 (2019)/기생충.2019.1080p.mkv": ("기생충", 2019),
    "霸王别姬.1993.1080p.BluRay/霸王别姬.1993.1080p.BluRay.mkv": ("霸王别姬", 1993),
    "Сталкер (1979)/Сталкер (1979).mkv": ("Сталкер", 1979),
    "أبو فوق الشجرة (1969)/أبو فوق الشجرة (1969).mp4": ("أبو فوق الشجرة", 1969),
    "Πολίτικη Κουζίνα (2003)/Πολίτικη Κουζίνα (2003).mkv": ("Πολίτικη Κουζίνα", 2003),
    "แฝด (2007)/แฝด (2007).mkv": ("แฝด", 2007),
    "Le fabuleux destin d'Amélie Poulain (2001)/movie.mkv": ("Le fabuleux destin d'Amélie Poulain", 2001),
    "Heat (1995)/Heat (1995).mkv": ("Heat", 1995),
    "Das Boot (1981) [imdbid-tt0082096]/Das Boot (1981) [Director's Cut].mkv": ("Das Boot", 1981),
    "Matrix, The (1999)/Matrix, The (1999).mkv": ("The Matrix", 1999),
    "M (1931)/M (1931).mkv": ("M", 1931),
    "Classics/Sunrise (1927).mkv": ("Sunrise", 1927),
    "Classics/Faust.1926.DVDRip.XviD.mkv": ("Faust", 1926),
    "Classics/City Lights (1931).mp4": ("City Lights", 1931),
    "Collections/Alien/Alien (1979)/Alien (1979).mkv": ("Alien", 1979),
    "Collections/Alien/Aliens (1986)/Aliens (1986).mkv": ("Aliens", 1986),
    "Ben-Hur (1959)/Ben-Hur (1959) - cd1.mkv": ("Ben-Hur", 1959),
    "S.W.A.T.2003.720p.BluRay.x264/swat.mkv": ("S.W.A.T.", 2003),
    "[REC] (2007)/[REC] (2007).mkv": ("REC", 2007),
    "Tom & Jerry <3 - 100% (2010)/Tom & Jerry <3 - 100% (2010).mkv": ("Tom & Jerry <3 - 100%", 2010),
    "Rio Bravo (1959)/Rio.Bravo.1959.REMASTERED.1080p.mkv": ("Rio Bravo", 1959),
    "Brazil [1985] [1080p] [GRP]/Brazil.mkv": ("Brazil", 1985),
}
#: Path of each episode's video, and what it is.
EPISODES: dict[str, tuple[str, int, tuple[int, ...]]] = {
    "Foundation (2021)/Season 01/Foundation - S01E01 - The Emperor's Peace.mkv": ("Foundation", 1, (1,)),
    "Foundation (2021)/Season 01/Foundation - S01E02E03.mkv": ("Foundation", 1, (2, 3)),
    "Foundation (2021)/Season 02/foundation.2021.s02e01.1080p.web.h264-grp.mkv": ("Foundation", 2, (1,)),
    "Foundation (2021)/Specials/Foundation - S00E01 - Making of.mp4": ("Foundation", 0, (1,)),
    "進撃の巨人/第1季/進撃の巨人 第05話.mkv": ("進撃の巨人", 1, (5,)),
    "進撃の巨人/第1季/進撃の巨人 第06話.mkv": ("進撃の巨人", 1, (6,)),
}
#: Videos that are no titles.
ASIDE_FILMS = (
    "Metropolis.1927.1080p.BluRay.x264-GRP/Sample/grp-metropolis-sample.mkv",
    "Heat (1995)/Heat (1995)-trailer.mp4",
    "Heat (1995)/extras/Deleted scene.mkv",
    "Heat (1995)/Behind The Scenes/Interview.mkv",
    "M (1931)/sample.mkv",
    "Rio Bravo (1959)/Trailers/Official.mp4",
    "Ben-Hur (1959)/Ben-Hur (1959) - cd2.mkv",
    ".Trash/Old (1999)/Old (1999).mkv",
    "Private/.nomedia",
    "Private/Home (2020)/Home (2020).mkv",
    "Skipped/.ignore",
    "Skipped/Film (2000)/Film (2000).mkv",
    "@eaDir/Heat (1995).mkv",
    "Series in the wrong place/Show.S01E01.mkv",
)
ASIDE_SERIES = (
    "Foundation (2021)/Season 01/foundation.s01e01.sample.mkv",
    "Foundation (2021)/Foundation (2021)-trailer.mp4",
    "Foundation (2021)/Featurettes/Costumes.mkv",
    "進撃の巨人/opening without number.mkv",
)
JUNK = (
    "Metropolis.1927.1080p.BluRay.x264-GRP/RELEASE.txt",
    "Heat (1995)/Thumbs.db",
    "The Lodger (1927)/The Lodger (1927).mkv.part",
    "Heat (1995)/poster.jpg.tmp",
    "empty.txt",
)


def make_library(folder: Path) -> tuple[Path, Path]:
    """Make the library below `folder`, and return its folders of films and of series."""
    films, series = folder / "films", folder / "series"
    sources = {suffix: folder / f"source{suffix}" for suffix in (".mkv", ".mp4")}
    for path in sources.values():
        make_video(path, 1, (Audio("eng", default=True), Audio("ger")))
    for root, names in ((films, [*FILMS, *ASIDE_FILMS]), (series, [*EPISODES, *ASIDE_SERIES])):
        for number, name in enumerate(names):
            _place(sources, root / name, number)
    for name in JUNK:
        _write(films / name, b"junk")
    # A loop, a link to a film that is here already, and a pipe named like a film.
    (films / "Heat (1995)/loop").symlink_to(films)
    (films / "Linked (1995)").symlink_to(films / "Heat (1995)")
    os.mkfifo(films / "pipe.mkv")
    return films, series


def _place(sources: dict[str, Path], path: Path, number: int) -> None:
    if path.suffix not in sources:
        _write(path, b"")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sources[path.suffix], path)
    # Copies of one file would have the same size; nothing in the code may depend on their differing.
    os.utime(path, ns=(10**18, 10**18 + number))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
