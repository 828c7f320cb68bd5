"""Templates of file names, such as `{title} ({year})/{title} ({year}).{ext}`: read, checked and filled in."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Bytes of UTF-8 that a name may have on the file systems of Linux.
MAX_NAME_BYTES = 255
MAX_LENGTH = 1000
#: A text is cut no shorter than this many characters to make a name fit.
_LEAST_CHARACTERS = 8

Value = str | int | Sequence[int] | None


class TemplateKind(enum.StrEnum):
    """What a template names."""

    MOVIE = "movie"
    EPISODE = "episode"
    DAILY = "daily"  #: episodes known by the day they were shown, not by a number


#: What each token stands for.
TOKENS = {
    "title": "the title of the film or episode; in a series' folder that of the series",
    "original_title": "the title in its own language",
    "sort_title": "the title with its article at the end: Matrix, The",
    "first_letter": "the first letter of the sort title, 0-9 for a digit",
    "year": "the year of the film or of the series",
    "collection": "the set that a film belongs to",
    "tmdb": "its number at TMDB",
    "imdb": "its id at IMDb",
    "tvdb": "its number at TVDB",
    "show": "the title of the series",
    "season": "the number of the season",
    "season_name": "Season 1, or Specials",
    "episode": "the number of the episode; of several 01-E02",
    "absolute": "the absolute number of the episode",
    "air_date": "the day it was shown, as 2024-01-31",
    "resolution": "2160p, 1080p, 720p, …",
    "hdr": "dolbyvision, hdr10plus, hdr10 or hlg",
    "video_codec": "the codec of the video",
    "audio_codec": "the codec of the first audio track",
    "edition": "Director's Cut, Extended, … as the file's name says",
    "part": "the number of a file of several",
    "ext": "the file's extension",
}
_NUMBERS = frozenset({"season", "episode", "absolute", "part"})
_OF_A_FILE = frozenset({"edition", "part", "ext"})
_OF_STREAMS = frozenset({"resolution", "hdr", "video_codec", "audio_codec"})
_OF_A_SHOW = frozenset(
    {"title", "original_title", "sort_title", "first_letter", "year", "tmdb", "imdb", "tvdb", "show"}
)
_OF_A_SEASON = _OF_A_SHOW | {"season", "season_name"}
_OF_A_FILM = _OF_A_SHOW - {"show"} | {"collection"} | _OF_STREAMS
_NAMES_A_FILM = frozenset({"title", "original_title", "sort_title", "tmdb", "imdb"})
_NAMES_AN_EPISODE = frozenset({"episode", "absolute", "air_date"})
_ILLEGAL = re.compile(r'[\\:*?"|\x00-\x1f\x7f]')
_TOKEN = re.compile(r"\{([A-Za-z_]*)(?::(\d*))?\}")


class BadTemplate(ValueError):
    """A template that cannot be used; `position` is the character, from 1, at which it goes wrong."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position})")
        self.position = position


class NameTooLong(ValueError):
    """A name does not fit into what file systems take, however it is cut."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Literal text, or a token; `section` numbers the optional section it stands in, 0 for none."""

    text: str = ""
    token: str = ""
    width: int = 0
    section: int = 0
    position: int = 1


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read: its folders from the top, and its file's name without the extension."""

    text: str
    kind: TemplateKind
    components: tuple[tuple[_Piece, ...], ...]

    @property
    def folders(self) -> int:
        """How many folders it names."""
        return len(self.components) - 1

    @property
    def show_folders(self) -> int:
        """How many of its folders are those of the whole series."""
        for number, pieces in enumerate(self.components[:-1]):
            if any(piece.token in ("season", "season_name") for piece in pieces):
                return number
        return self.folders

    @property
    def has_own_folder(self) -> bool:
        """Whether the innermost folder belongs to one title alone."""
        return self.folders > 0 and any(
            piece.token in _NAMES_A_FILM | {"show"} for piece in self.components[-2]
        )

    def uses(self, token: str) -> bool:
        """Whether the file's name holds a token."""
        return any(piece.token == token for piece in self.components[-1])

    def missing(self, values: Mapping[str, Value]) -> list[str]:
        """The tokens no name can do without and for which there is no value."""
        needed = _NUMBERS | {"title", "show", "season_name", "air_date"}
        return [
            piece.token
            for pieces in self.components
            for piece in pieces
            if piece.token in needed and not piece.section and _is_missing(values.get(piece.token))
            if piece.token != "part"  # noqa: S105
        ]

    def folder(self, number: int, values: Mapping[str, Value]) -> str:
        """The name of one of its folders. Raises NameTooLong."""
        return _fitted(self.components[number], values, MAX_NAME_BYTES)

    def stem(self, values: Mapping[str, Value], reserved_bytes: int) -> str:
        """The file's name without its extension, leaving room for what follows it. Raises NameTooLong."""
        return _fitted(self.components[-1], values, MAX_NAME_BYTES - reserved_bytes)


def parse(text: str, kind: TemplateKind) -> Template:
    """Read a template. Raises BadTemplate, which says what is wrong and where."""
    if len(text) > MAX_LENGTH:
        raise BadTemplate(f"a template has at most {MAX_LENGTH} characters", MAX_LENGTH)
    body = text.removesuffix("{ext}").removesuffix(".") if text.endswith(".{ext}") else text
    components = [_pieces_of(part, start) for part, start in _split(body)]
    template = Template(text, kind, tuple(tuple(pieces) for pieces in components))
    _check_tokens(template)
    return template


def sanitised(text: str) -> str:
    """A text as it may stand in a name on any file system: no separators, no characters Windows refuses."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"\s*:\s+", " - ", text).replace(":", "-")
    text = text.replace("/", "-").replace("\\", "-").replace("|", "-").replace('"', "'")
    return re.sub(r"[<>?*\x00-\x1f\x7f]", "", text)


def _split(text: str) -> list[tuple[str, int]]:
    """The components with the place of their first character, from 1."""
    found, start = [], 1
    for part in text.split("/"):
        if not part.strip(" ."):
            what = "a template is a path below the library's root: no empty name, no '.' and no '..'"
            raise BadTemplate(what, start)
        found.append((part, start))
        start += len(part) + 1
    return found


def _pieces_of(text: str, start: int) -> list[_Piece]:
    pieces: list[_Piece] = []
    at, section, sections = 0, 0, 0
    while at < len(text):
        one, place = text[at], start + at
        if text[at : at + 2] in ("{{", "}}"):
            pieces.append(_Piece(text=one, section=section, position=place))
            at += 2
        elif one == "{":
            piece, length = _token_at(text, at, section, place)
            pieces.append(piece)
            at += length
        elif one in "<>":
            section, sections = _next_section(one, section, sections, place)
            at += 1
        else:
            if one == "}" or _ILLEGAL.match(one):
                raise BadTemplate(f"{one!r} may not stand here", place)
            pieces.append(_Piece(text=one, section=section, position=place))
            at += 1
    if section:
        raise BadTemplate("a section opened by '<' has no '>' before the end of its name", start + len(text))
    return pieces


def _next_section(sign: str, section: int, sections: int, place: int) -> tuple[int, int]:
    if (sign == "<") == bool(section):
        raise BadTemplate("sections in <…> may not be nested" if section else "'>' without '<'", place)
    return (sections + 1, sections + 1) if sign == "<" else (0, sections)


def _token_at(text: str, at: int, section: int, place: int) -> tuple[_Piece, int]:
    found = _TOKEN.match(text, at)
    if not found:
        raise BadTemplate("'{' begins a token, like {title}; write '{{' for the brace itself", place)
    name, width = found[1].lower(), found[2]
    if name not in TOKENS:
        raise BadTemplate(f"there is no token {found[0]}; there are {', '.join(TOKENS)}", place)
    if width is not None and (name not in _NUMBERS or not width or not 1 <= int(width) <= 9):
        raise BadTemplate(
            f"{found[0]}: a width is for {', '.join(sorted(_NUMBERS))}, like {{season:02}}", place
        )
    if name == "ext":
        raise BadTemplate("{ext} stands at the very end, as in {title}.{ext}", place)
    return _Piece(token=name, width=int(width or 0), section=section, position=place), len(found[0])


def _check_tokens(template: Template) -> None:
    *folders, file = template.components
    if template.kind is TemplateKind.MOVIE:
        _refuse_others(folders, _OF_A_FILM, "a film's folder")
        _refuse_others([file], _OF_A_FILM | _OF_A_FILE, "a film's file")
        _need(file, _NAMES_A_FILM, "{title}")
        return
    shows = template.show_folders
    _refuse_others(folders[:shows], _OF_A_SHOW, "a series' folder")
    _refuse_others(folders[shows:], _OF_A_SEASON, "a season's folder")
    of_an_episode = _OF_A_SEASON | _NAMES_AN_EPISODE | _OF_STREAMS | _OF_A_FILE
    _refuse_others([file], of_an_episode, "an episode's file")
    if not shows:
        raise BadTemplate(
            "before the episode's file a folder of the series is needed, like {show} ({year})/", 1
        )
    _need(folders[shows - 1], _NAMES_A_FILM | {"show", "tvdb"}, "{show}")
    _need(file, {"air_date"} if template.kind is TemplateKind.DAILY else _NAMES_AN_EPISODE, "{episode}")


def _refuse_others(components: Sequence[Sequence[_Piece]], allowed: frozenset[str], where: str) -> None:
    for pieces in components:
        for piece in pieces:
            if piece.token and piece.token not in allowed:
                raise BadTemplate(f"{{{piece.token}}} has no meaning in the name of {where}", piece.position)


def _need(pieces: Sequence[_Piece], one_of: frozenset[str] | set[str], like: str) -> None:
    if not any(piece.token in one_of and not piece.section for piece in pieces):
        place = pieces[0].position
        raise BadTemplate(f"this name tells no two titles apart; it needs a token like {like}", place)


def _is_missing(value: Value) -> bool:
    return value is None or value == "" or (isinstance(value, list | tuple) and not value)


def _fitted(pieces: Sequence[_Piece], values: Mapping[str, Value], limit: int) -> str:
    known = dict(values)
    while True:
        name = _tidy(_filled(pieces, known))
        excess = len(name.encode()) - limit
        if excess <= 0:
            break
        longest = max(
            (piece.token for piece in pieces if isinstance(known.get(piece.token), str)),
            key=lambda token: len(str(known[token]).encode()),
            default="",
        )
        known[longest] = _shorter(str(known.get(longest) or ""), excess, name)
    if not name:
        raise NameTooLong("nothing is left of the name once what no file system takes is removed")
    return name


def _shorter(text: str, excess_bytes: int, name: str) -> str:
    """`text` without as many bytes at its end, never half a character."""
    cut = text.encode()[: max(len(text.encode()) - excess_bytes, 0)].decode("utf-8", "ignore").rstrip()
    if len(cut) < min(_LEAST_CHARACTERS, len(text)) or cut == text:
        raise NameTooLong(f"{name[:40]}… is longer than the {MAX_NAME_BYTES} bytes a name may have")
    return cut


def _filled(pieces: Sequence[_Piece], values: Mapping[str, Value]) -> str:
    empty = {piece.section for piece in pieces if piece.token and _is_missing(values.get(piece.token))} - {0}
    text = ""
    for piece in pieces:
        if piece.section not in empty:
            text += piece.text if not piece.token else _written(piece, values.get(piece.token), text)
    return text


def _written(piece: _Piece, value: Value, before: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return sanitised(value)
    numbers = [value] if isinstance(value, int) else list(value)
    written = [f"{number:0{piece.width}d}" if piece.width else str(number) for number in numbers]
    letter = before[-1:] if before[-1:] in ("E", "e") else ""
    if len(written) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{written[0]}-{letter}{written[-1]}"
    return (letter or "-").join(written)


#: Names that Windows keeps for devices, with any extension.
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(?=$|\.)")


def _tidy(name: str) -> str:
    """The name without what an empty token leaves: brackets, doubled spaces, separators at the ends."""
    before = None
    while before != name:
        before = name
        name = re.sub(r"\(\s*\)|\[\s*\]|\{\s*\}|\{(?:tmdb|imdb|tvdb)-\}|\[(?:tmdb|imdb|tvdb)id-\]", "", name)
        name = re.sub(r"\s+", " ", name)
        name = re.sub(r"( -)+(?= -|$)|^\s*-(?= )", "", name)
        # A name that ends in a dot or space is refused by Windows; one that begins with a dot is hidden.
        name = name.strip().rstrip(". ").lstrip(". ")
    return _RESERVED.sub(r"\1_", name)
