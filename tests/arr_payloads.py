"""Webhooks as Radarr and Sonarr send them, composed by the shapes of their classes."""

from __future__ import annotations

import copy
from pathlib import PurePosixPath
from typing import Any

Json = dict[str, Any]

_MEDIA_INFO = {
    "audioChannels": 2.0, "audioCodec": "AAC", "audioLanguages": ["eng"], "height": 1080, "width": 1920,
    "subtitles": ["eng"], "videoCodec": "x264", "videoDynamicRange": "", "videoDynamicRangeType": "",
}  # fmt: skip
_FORMATS = {"customFormats": [], "customFormatScore": 0}


def movie(
    folder: str = "/movies/Nosferatu (1922)", title: str = "Nosferatu", year: int = 1922, **more: Any
) -> Json:
    """A film as Radarr 5 and 6 describe it."""
    return {
        "id": 42, "title": title, "year": year, "releaseDate": f"{year}-03-04", "folderPath": folder,
        "tmdbId": 653, "imdbId": "tt0013442", "overview": "A clerk travels.", "genres": ["Horror"],
        "images": [{"coverType": "poster", "url": "/MediaCover/42/poster.jpg", "remoteUrl": "https://x/p.jpg"}],
        "tags": ["silent"], "originalLanguage": {"id": 4, "name": "German"},
    } | more  # fmt: skip


def movie_file(path: str, number: int = 77, **more: Any) -> Json:
    """A film's file as Radarr describes it."""
    return {
        "id": number, "relativePath": path.replace("\\", "/").rpartition("/")[2], "path": path,
        "quality": "Bluray-1080p", "qualityVersion": 1, "releaseGroup": "PDGRP", "indexerFlags": "0",
        "size": 9_663_676_416, "dateAdded": "2026-02-14T09:31:07.1234567Z",
        "languages": [{"id": 1, "name": "English"}], "mediaInfo": copy.deepcopy(_MEDIA_INFO),
    } | more  # fmt: skip


def radarr(event: str, **members: Any) -> Json:
    """An event of Radarr around its own members."""
    return members | {
        "eventType": event,
        "instanceName": "Radarr",
        "applicationUrl": "http://radarr.lan:7878",
    }


def film_import(path: str, about: Json | None = None, number: int = 77, **more: Any) -> Json:
    """Download: a film's file came in."""
    folder = str(PurePosixPath(path).parent) if "/" in path else path.rpartition("\\")[0]
    about = about or movie(folder)
    return radarr(
        "Download",
        movie=about,
        remoteMovie={"tmdbId": 653, "imdbId": "tt0013442", "title": about["title"], "year": about["year"]},
        movieFile=movie_file(path, number) | {"sourcePath": "/downloads/x/y.mkv"},
        isUpgrade=False, downloadClient="qBittorrent", downloadClientType="qBittorrent",
        downloadId="A1B2C3D4E5F60718", customFormatInfo=_FORMATS,
        release={"releaseTitle": "A.Release", "indexer": "Indexer", "size": 9_663_676_416, "indexerFlags": []},
    ) | more  # fmt: skip


def old_film_import(folder: str, name: str) -> Json:
    """Download as Radarr 3 sent it: no absolute path, tags, languages or release."""
    return {
        "movie": {"id": 42, "title": "Nosferatu", "releaseDate": "1922-03-04", "folderPath": folder},
        "movieFile": {"id": 77, "relativePath": name, "quality": "DVD", "qualityVersion": 1},
        "isUpgrade": False,
        "eventType": "Download",
    }


def series(folder: str = "/tv/Lantern Street (1958)", **more: Any) -> Json:
    """A series as Sonarr 4 and 5 describe it."""
    return {
        "id": 15, "title": "Lantern Street", "titleSlug": "lantern-street", "path": folder, "tvdbId": 990015,
        "tvMazeId": 99015, "tmdbId": 990115, "imdbId": "tt9900015", "type": "standard", "year": 1958,
        "genres": ["Mystery"], "images": [], "tags": [], "originalLanguage": {"id": 1, "name": "English"},
    } | more  # fmt: skip


def episode(number: int, season: int = 1) -> Json:
    """An episode as Sonarr describes it."""
    return {
        "id": 500 + number, "episodeNumber": number, "seasonNumber": season, "title": f"Part {number}",
        "airDate": "1958-10-09", "airDateUtc": "1958-10-10T01:00:00Z", "seriesId": 15, "tvdbId": 8_800_500 + number,
    }  # fmt: skip


def episode_file(folder: str, number: int, season: int = 1) -> Json:
    """An episode's file as Sonarr describes it."""
    name = PurePosixPath(folder).name
    below = f"Season {season:02d}/{name} - S{season:02d}E{number:02d}.mkv"
    return {
        "id": 900 + number, "relativePath": below, "path": f"{folder}/{below}", "quality": "DVD",
        "qualityVersion": 1, "releaseGroup": "PDTV", "size": 734_003_200 + number,
        "dateAdded": "2026-02-14T09:31:07Z", "languages": [{"id": 1, "name": "English"}],
        "mediaInfo": copy.deepcopy(_MEDIA_INFO),
    }  # fmt: skip


def sonarr(event: str, **members: Any) -> Json:
    """An event of Sonarr around its own members."""
    return members | {
        "eventType": event,
        "instanceName": "Sonarr",
        "applicationUrl": "http://sonarr.lan:8989",
    }


def episode_import(folder: str, number: int, **more: Any) -> Json:
    """Download: one episode's file came in."""
    return sonarr(
        "Download", series=series(folder), episodes=[episode(number)], episodeFile=episode_file(folder, number),
        isUpgrade=False, downloadClient="SABnzbd", downloadClientType="SABnzbd", downloadId="nzo_k3m9",
        customFormatInfo=_FORMATS, release={"releaseTitle": "A.Pack", "releaseType": "seasonPack"},
    ) | more  # fmt: skip


def pack_import(folder: str, numbers: list[int]) -> Json:
    """Download once a whole pack is in: files in a list, no isUpgrade."""
    return sonarr(
        "Download", series=series(folder), episodes=[episode(one) for one in numbers],
        episodeFiles=[episode_file(folder, one) for one in numbers], downloadClient="SABnzbd",
        downloadClientType="SABnzbd", downloadId="nzo_k3m9", release={"releaseType": "seasonPack"},
        fileCount=len(numbers), sourcePath="/downloads/pack", destinationPath=f"{folder}/Season 01",
    )  # fmt: skip
