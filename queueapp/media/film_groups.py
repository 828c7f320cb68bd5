"""Films from the files of a unit: own folders and flat ones, parts, versions, discs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from queueapp.media import film_names, paths, shelf, tokens
from queueapp.media.classify import FileKind
from queueapp.media.film_names import FilmName
from queueapp.media.places import is_disc, part_of_folder
from queueapp.media.shelf import Shelf, Video
from queueapp.media.titles import FoundFile, FoundTitle, Role, UnitTitles
from queueapp.media.walk import Folder, Problem, Walk


@dataclass(slots=True)
class _Film:
    """One video, perhaps in several parts, and what its name says."""

    stem: str
    name: FilmName
    videos: list[tuple[Video, int | None]]

    @property
    def identity(self) -> tuple[str, int | None]:
        return tokens.comparable(self.name.title), self.name.year


_NO_FILMS: list[_Film] = []


def films(folders: Iterable[Folder], walk: Walk, unit: str) -> UnitTitles:
    """The films of one unit."""
    found = UnitTitles()
    shelves = shelf.fill(folders, walk, found.counts)
    for one in shelves.values():
        _refuse_episodes(one, found)
    homes = [home for home, one in shelves.items() if one.videos]
    for home in homes:
        shares = not home or any(other.startswith(home + "/") for other in homes)
        found.titles += _titles(home, shelves[home], unit, shares=shares)
    return found


def _refuse_episodes(one: Shelf, found: UnitTitles) -> None:
    for video in one.videos:
        if video.kind is FileKind.EPISODE:
            found.remarks.append(Problem(video.path, "looks like an episode, and this library holds films"))
    one.videos = [video for video in one.videos if video.kind is FileKind.FILM]


def _titles(home: str, one: Shelf, unit: str, *, shares: bool) -> list[FoundTitle]:
    stacked = _stack(home, one.videos)
    if not stacked:
        return []
    folder_name = film_names.parse(paths.base_name(home)) if home else FilmName("")
    loose = (_by_identity(stacked), _NO_FILMS, False)
    groups, extras, own = loose if shares else _in_own_folder(stacked, folder_name)
    titles = []
    for group in groups:
        name = _best_name(folder_name, group) if own else group[0].name
        title = _title(home, unit, name, group, own=own)
        one.add_beside(title, alone=own)
        if own:
            title.files += [FoundFile.of("extra", v.path, v.entry) for film in extras for v, _ in film.videos]
        titles.append(title)
    return titles


def _stack(home: str, videos: list[Video]) -> list[_Film]:
    """Join cd1, cd2, … and a disc's streams."""
    discs = [one for one in videos if is_disc(one.folder)]
    stacks: dict[tuple[str, str], list[tuple[Video, int | None]]] = defaultdict(list)
    folder_title = tokens.comparable(film_names.parse(paths.base_name(home)).title) if home else ""
    for video in videos:
        if is_disc(video.folder):
            continue
        stem, part, word = film_names.split_part(video.stem)
        in_part = part_of_folder(video.folder)
        if in_part and len(videos) > 1:
            stacks["", home].append((video, in_part))
        elif part and (word not in film_names.TITLE_PARTS or _part_is_no_title(stem, folder_title)):
            stacks[stem.casefold(), video.folder].append((video, part))
        else:
            stacks[video.path, "\0"].append((video, None))
    if discs:
        largest = min(discs, key=lambda one: (-one.entry.size_bytes, one.path))
        stacks[largest.path, "\0"].append((largest, None))
    return [film for group in stacks.values() for film in _films_of_stack(home, group)]


def _part_is_no_title(stem: str, folder_title: str) -> bool:
    said = film_names.parse(stem)
    return said.year is not None or (bool(folder_title) and tokens.comparable(said.title) == folder_title)


def _films_of_stack(home: str, group: list[tuple[Video, int | None]]) -> list[_Film]:
    numbers = sorted(part for _, part in group if part)
    if len(group) > 1 and numbers == list(range(1, len(group) + 1)):
        group.sort(key=lambda pair: pair[1] or 0)
        first = group[0][0]
        stem = film_names.split_part(first.stem)[0]
        return [_Film(stem, film_names.parse(stem), group)]
    return [_film_alone(home, video) for video, _ in group]


def _film_alone(home: str, video: Video) -> _Film:
    stem = paths.base_name(home) if is_disc(video.folder) else video.stem
    return _Film(stem, film_names.parse(stem), [(video, None)])


def _by_identity(stacked: list[_Film]) -> list[list[_Film]]:
    groups: dict[tuple[str, int | None], list[_Film]] = defaultdict(list)
    for film in stacked:
        groups[film.identity].append(film)
    return list(groups.values())


def _in_own_folder(stacked: list[_Film], folder: FilmName) -> tuple[list[list[_Film]], list[_Film], bool]:
    """Groups of versions, what is an extra among them, and whether the folder belongs to one film."""
    if len(stacked) == 1:
        return [stacked], [], _is_own(folder, stacked[0].name)
    groups = _by_identity(stacked)
    if len(groups) == 1:
        return groups, [], True
    if folder.certainty < 2 and not folder.ids:
        return groups, [], False
    wanted = tokens.comparable(folder.title)
    matching = [one for one in stacked if _is_version_of(one, folder, wanted)]
    strangers = [one for one in stacked if one not in matching]
    if any(one.name.year for one in strangers):
        return groups, [], False
    if not matching:
        strangers.sort(key=_size_bytes, reverse=True)
        matching, strangers = strangers[:1], strangers[1:]
    return [matching], strangers, True


def _is_own(folder: FilmName, said: FilmName) -> bool:
    """Whether a folder with one film is that film's: not when both have names that do not go together.

    The year decides where the titles are of two languages.
    """
    if said.generic or not said.certainty or folder.ids:
        return True
    if tokens.comparable(folder.title) == tokens.comparable(said.title):
        return True
    return folder.certainty >= 2 and abs((folder.year or 0) - (said.year or 0)) <= 1


def _is_version_of(film: _Film, folder: FilmName, wanted: str) -> bool:
    title, year = film.identity
    if year and folder.year and abs(year - folder.year) > 1:
        return False
    return title == wanted or film.name.generic or (title.startswith(wanted + " ") and not year)


def _size_bytes(film: _Film) -> int:
    return sum(video.entry.size_bytes for video, _ in film.videos)


def _best_name(folder: FilmName, group: list[_Film]) -> FilmName:
    """The folder's word or the file's, whichever is surer; the folder's when equally sure."""
    said = max((one.name for one in group), key=lambda name: name.certainty)
    ids = folder.ids.over(said.ids)
    best = said if _rank(said) > _rank(folder) else folder
    return FilmName(best.title, best.year or (said.year or folder.year), best.certainty, ids=ids)


def _rank(name: FilmName) -> int:
    return 0 if name.generic else 1 + name.certainty + (1 if name.ids else 0)


def _title(home: str, unit: str, name: FilmName, group: list[_Film], *, own: bool) -> FoundTitle:
    by_size = sorted(group, key=lambda one: (-_size_bytes(one), one.stem))
    first = min(group, key=lambda one: one.videos[0][0].path)
    place = home if own else paths.join(first.videos[0][0].folder, first.stem)
    title = FoundTitle(
        "movie", f"movie:{place}", unit, home, name.title, name.year, own_folder=own, ids=name.ids
    )
    for number, film in enumerate(by_size):
        for index, (video, part) in enumerate(film.videos):
            role: Role = "version" if number else ("part" if index else "main")
            title.files.append(FoundFile.of(role, video.path, video.entry, part))
    return title
