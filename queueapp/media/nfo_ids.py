"""Ids from the NFO that lies beside a title."""

from __future__ import annotations

from pathlib import Path

from queueapp.media import fingerprints, ids, nfo_facts, paths
from queueapp.media.fingerprints import Own
from queueapp.media.ids import Ids
from queueapp.media.titles import FoundFile, FoundTitle

_LARGEST_BYTES = 1024 * 1024


def read(root: str, title: FoundTitle, own: Own) -> Ids:
    """The ids in the title's NFO; none when there is no NFO, it is our own, or nothing can be made of it."""
    chosen = _choose(title)
    if chosen is None or fingerprints.is_own(chosen, own) or chosen.size_bytes > _LARGEST_BYTES:
        return Ids()
    try:
        content = Path(paths.join(root, chosen.path)).read_bytes()
    except OSError:
        return Ids()
    return ids.from_mapping(nfo_facts.ids_in(content))


def _choose(title: FoundTitle) -> FoundFile | None:
    """movie.nfo, else the video's own, else the only one (Kodi's order, facts/media.md B)."""
    nfos = {paths.base_name(one.path).lower(): one for one in title.files if one.role == "nfo"}
    main = title.main
    names = ["tvshow.nfo"] if title.kind == "show" else []
    if title.kind == "movie" and title.own_folder:
        names.append("movie.nfo")
    if main:
        names.append(paths.split_extension(paths.base_name(main.path))[0].lower() + ".nfo")
    for name in names:
        if name in nfos:
            return nfos[name]
    return next(iter(nfos.values())) if len(nfos) == 1 and title.kind == "movie" else None
