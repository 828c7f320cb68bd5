"""Shows, seasons and episodes from the files of a unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from queueapp.media import episode_names, film_names, ids, paths, shelf, tokens
from queueapp.media.episode_names import EpisodeName
from queueapp.media.film_names import FilmName
from queueapp.media.places import home
from queueapp.media.shelf import Shelf, Video
from queueapp.media.titles import FoundFile, FoundTitle, Role, UnitTitles
from queueapp.media.walk import Folder, Problem, Walk


@dataclass(slots=True)
class _Show:
    """A show while its episodes are gathered; `folder` is '' when it has none of its own."""

    key: str
    folder: str
    name: FilmName
    #: By season and numbers (or the day): the videos of that episode, with the home folder of each.
    episodes: dict[str, list[tuple[Video, EpisodeName]]] = field(default_factory=lambda: defaultdict(list))


def shows(folders: Iterable[Folder], walk: Walk, unit: str) -> UnitTitles:
    """The shows of one unit, each with its seasons and episodes; parents come before children."""
    found = UnitTitles()
    shelves = shelf.fill(folders, walk, found.counts)
    gathered: dict[str, _Show] = {}
    for place, one in shelves.items():
        _gather(place, one, gathered, found)
    for show in gathered.values():
        found.titles += _titles(show, unit, shelves)
    return found


def _gather(place: str, one: Shelf, gathered: dict[str, _Show], found: UnitTitles) -> None:
    season = _season_above(place)
    named = [(video, episode_names.parse(video.stem, season)) for video in one.videos]
    for video, name in named:
        if not name.found:
            found.remarks.append(Problem(video.path, "no episode number was found in its name"))
    named = [pair for pair in named if pair[1].found]
    mixed = _several_shows(place, [name for _, name in named])
    for video, name in named:
        key, folder, show_name = _show_of(place, name, mixed=mixed)
        show = gathered.setdefault(key, _Show(key, folder, show_name))
        show.episodes[_episode_key(name)].append((video, name))


def _season_above(place: str) -> int | None:
    """The season named by the folder or one above it."""
    for part in reversed(place.split("/")):
        season = episode_names.season_of_folder(part)
        if season is not None:
            return season
        pack = episode_names.pack_of_folder(part)
        if pack:
            return pack[1]
    return None


def _show_folder(place: str) -> str:
    """The first folder upwards that names neither a season nor a release; '' when there is none."""
    parts = place.split("/") if place else []
    while parts:
        last = parts[-1]
        if episode_names.season_of_folder(last) is None and episode_names.pack_of_folder(last) is None:
            return "/".join(parts)
        parts.pop()
    return ""


def _several_shows(place: str, names: list[EpisodeName]) -> bool:
    """Whether files of different shows lie loose in one folder that is none of theirs."""
    titles = {tokens.comparable(name.show) for name in names if name.show}
    folder = _show_folder(place)
    if len(titles) < 2 or not folder:
        return False
    return tokens.comparable(episode_names.show_of(paths.base_name(folder)).title) not in titles


def _show_of(place: str, name: EpisodeName, *, mixed: bool) -> tuple[str, str, FilmName]:
    """Key, folder and name of the show an episode belongs to."""
    folder = "" if mixed else _show_folder(place)
    if folder:
        return f"show:{folder}", folder, _folder_name(folder, name)
    said = FilmName(name.show, name.year)
    if not mixed and not name.show:
        said = next(
            (pack[0] for part in place.split("/") if (pack := episode_names.pack_of_folder(part))), said
        )
    title = said.title or tokens.tidy(paths.readable(paths.base_name(place))) or "Unknown show"
    identity = tokens.comparable(title) + (f" {said.year}" if said.year else "")
    tagged = ids.from_name(paths.readable(place))
    return f"show:~{identity}", "", FilmName(title, said.year, ids=tagged)


def _folder_name(folder: str, name: EpisodeName) -> FilmName:
    said = episode_names.show_of(paths.base_name(folder))
    if not said.year and name.year and tokens.comparable(said.title) == tokens.comparable(name.show):
        return FilmName(said.title, name.year, said.certainty, ids=said.ids)
    return said


def _episode_key(name: EpisodeName) -> str:
    if name.aired and not name.episodes:
        return f"S{name.season}D{name.aired.isoformat()}"
    return f"S{name.season or 0:02d}" + "".join(f"E{number:02d}" for number in name.episodes)


def _titles(show: _Show, unit: str, shelves: dict[str, Shelf]) -> list[FoundTitle]:
    head = FoundTitle("show", show.key, unit, show.folder, show.name.title, show.name.year,
                      own_folder=bool(show.folder), ids=show.name.ids)  # fmt: skip
    if show.folder and show.folder in shelves:
        head.files = [one for one in shelves[show.folder].beside if _is_shows_nfo(one)]
    seasons: dict[int, FoundTitle] = {}
    episodes: list[FoundTitle] = []
    for key, videos in sorted(show.episodes.items()):
        name = videos[0][1]
        number = name.season or 0
        season = seasons.setdefault(number, _season(show, unit, number))
        episode = _episode(show, unit, key, videos)
        episode.season_key = season.key
        _place_season(season, episode, show.folder)
        for place in {home(video.folder) for video, _ in videos}:
            shelves[place].add_beside(episode, alone=False)
        episodes.append(episode)
    return [head, *seasons.values(), *episodes]


def _is_shows_nfo(file: FoundFile) -> bool:
    return file.role == "nfo" and paths.base_name(file.path).lower() == "tvshow.nfo"


def _season(show: _Show, unit: str, number: int) -> FoundTitle:
    title = "Specials" if number == 0 else f"Season {number}"
    return FoundTitle("season", f"{show.key}/S{number:02d}", unit, show.folder, title, own_folder=False,
                      season=number, show_key=show.key)  # fmt: skip


def _place_season(season: FoundTitle, episode: FoundTitle, show_folder: str) -> None:
    if (
        episode.folder != show_folder
        and episode_names.season_of_folder(paths.base_name(episode.folder)) is not None
    ):
        season.folder, season.own_folder = episode.folder, True


def _episode(show: _Show, unit: str, key: str, videos: list[tuple[Video, EpisodeName]]) -> FoundTitle:
    name = next((one for _, one in videos if one.title), videos[0][1])
    files = _video_files([video for video, _ in videos])
    place = home(paths.parent(files[0].path))
    title = name.title or _untitled(name)
    return FoundTitle(
        "episode", f"{show.key}/{key}", unit, place, title, None, own_folder=False, season=name.season,
        episodes=name.episodes, absolute=name.absolute, aired=name.aired, files=files, show_key=show.key,
    )  # fmt: skip


def _untitled(name: EpisodeName) -> str:
    if name.aired and not name.episodes:
        return name.aired.isoformat()
    return "Episode " + "-".join(str(number) for number in name.episodes)


def _video_files(videos: list[Video]) -> list[FoundFile]:
    """Parts joined in order; of several versions the largest is the main file."""
    parts = sorted((film_names.split_part(video.stem)[1] or 0, video.path) for video in videos)
    if len(videos) > 1 and [number for number, _ in parts] == list(range(1, len(videos) + 1)):
        by_path = {video.path: video for video in videos}
        return [_file("part" if number > 1 else "main", by_path[path], number) for number, path in parts]
    ordered = sorted(videos, key=lambda one: (-one.entry.size_bytes, one.path))
    return [_file("version" if number else "main", video) for number, video in enumerate(ordered)]


def _file(role: Role, video: Video, part: int | None = None) -> FoundFile:
    return FoundFile.of(role, video.path, video.entry, part)
