from __future__ import annotations

import pytest

from queueapp.media.classify import FileKind, classify
from queueapp.media.options import ScanOptions

OPTIONS = ScanOptions()


@pytest.mark.parametrize(
    ("folder", "name", "kind"),
    [
        ("Film (2010)", "Film (2010).mkv", FileKind.FILM),
        ("Film (2010)", "Film (2010).MP4", FileKind.FILM),
        ("", "Film.2010.1080p.mkv", FileKind.FILM),
        ("Film (2010)", "Film (2010)-trailer.mkv", FileKind.TRAILER),
        ("Film (2010)", "Film (2010).trailer.mp4", FileKind.TRAILER),
        ("Film (2010)", "movie-trailer.mp4", FileKind.TRAILER),
        ("Film (2010)", "trailer.mp4", FileKind.TRAILER),
        ("Film (2010)/Trailers", "Official.mp4", FileKind.TRAILER),
        ("Film (2010)", "Film.2010.Trailer.1080p.mkv", FileKind.TRAILER),
        ("Film (2010)", "Film.2010.1080p-sample.mkv", FileKind.SAMPLE),
        ("Film (2010)", "sample.mkv", FileKind.SAMPLE),
        ("Film (2010)", "sample-film.mkv", FileKind.SAMPLE),
        ("Film (2010)", "film.2010.sample.x264-grp.mkv", FileKind.SAMPLE),
        ("Film (2010)/Sample", "grp-film.mkv", FileKind.SAMPLE),
        ("Film (2010)/Extras", "Making of.mkv", FileKind.EXTRA),
        ("Film (2010)/Behind The Scenes", "One.mkv", FileKind.EXTRA),
        ("Film (2010)", "Cut song-deleted.mkv", FileKind.EXTRA),
        ("Film (2010)", "Interview-behindthescenes.mkv", FileKind.EXTRA),
        ("Film (2010)/Shorts", "One.mkv", FileKind.EXTRA),
        ("Shorts", "La Luna (2011).mkv", FileKind.FILM),
        ("Film (2010)", "Film (2010).en.srt", FileKind.SUBTITLE),
        ("Film (2010)", "movie.nfo", FileKind.NFO),
        ("Film (2010)", "poster.jpg", FileKind.ARTWORK),
        ("Film (2010)", "RARBG.txt", FileKind.JUNK),
        ("Film (2010)", "RARBG.mp4", FileKind.JUNK),
        ("Film (2010)", "Film (2010).mkv.part", FileKind.JUNK),
        ("Film (2010)", "Thumbs.db", FileKind.JUNK),
        ("Free Samples (2012)", "Free Samples (2012).mkv", FileKind.FILM),
        ("Trailer Park Boys (2006)", "Trailer Park Boys (2006).mkv", FileKind.FILM),
        ("The Extra Man (2010)", "The Extra Man (2010).mkv", FileKind.FILM),
        ("", "Show.S01E01.720p.mkv", FileKind.EPISODE),
    ],
)
def test_a_file_in_a_library_of_films(folder: str, name: str, kind: FileKind) -> None:
    assert classify(folder, name, 1000, OPTIONS, tv=False) is kind


@pytest.mark.parametrize(
    ("folder", "name", "kind"),
    [
        ("Show/Season 01", "Show - S01E01.mkv", FileKind.EPISODE),
        ("Show/Specials", "Show - S00E01.mkv", FileKind.EPISODE),
        ("Show/Season 01", "Show.S01E01.sample.720p.mkv", FileKind.SAMPLE),
        ("Show", "Show-trailer.mkv", FileKind.TRAILER),
        ("Show/Featurettes", "One.mkv", FileKind.EXTRA),
        ("Extras (2005)/Season 1", "Extras - S01E01.mkv", FileKind.EPISODE),
    ],
)
def test_a_file_in_a_library_of_series(folder: str, name: str, kind: FileKind) -> None:
    assert classify(folder, name, 1000, OPTIONS, tv=True) is kind


@pytest.mark.parametrize(
    ("size", "kind"), [(999, FileKind.IGNORED), (1000, FileKind.FILM), (5001, FileKind.IGNORED)]
)
def test_a_video_outside_the_size_bounds_is_left_out(size: int, kind: FileKind) -> None:
    options = ScanOptions(min_file_bytes=1000, max_file_bytes=5000)
    assert classify("Film (2010)", "Film (2010).mkv", size, options, tv=False) is kind


def test_only_the_configured_extensions_are_videos() -> None:
    options = ScanOptions.from_config({"extensions": [".MKV"]})
    assert classify("F (2010)", "F (2010).mkv", 1, options, tv=False) is FileKind.FILM
    assert classify("F (2010)", "F (2010).avi", 1, options, tv=False) is FileKind.JUNK
