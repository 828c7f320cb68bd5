"""NFO files: what Kodi reads, what of an older file stays, and what damaged ones do."""

from __future__ import annotations

import pytest
from lxml import etree

from queueapp.media import nfo, nfo_facts
from queueapp.media.details import (
    AudioStream,
    Collection,
    Details,
    NamedSeason,
    Person,
    Rating,
    StreamDetails,
    Thumb,
    VideoStream,
)

NOSFERATU = Details(
    kind="movie",
    source="tmdb",
    title="Nosferatu: A Symphony of Horror",
    original_title="Nosferatu, eine Symphonie des Grauens",
    plot='Orlok & "friends" <come> to Wisborg\x0b.',
    year=1922,
    premiered="1922-02-16",
    runtime_minutes=95,
    certification="US:Not Rated",
    genres=["Horror", "Fantasy / Mystery"],
    countries=["Germany"],
    studios=["Prana-Film"],
    directors=["F. W. Murnau"],
    writers=["Henrik Galeen", "AC / DC"],
    actors=[
        Person(name="Max Schreck", role="Graf Orlok", order=0, thumb_url="https://images.test/schreck.jpg")
    ],
    ratings=[Rating(name="themoviedb", value=7.7, votes=2100), Rating(name="nobody", value=0.0)],
    ids={"imdb": "tt0013442", "tmdb": "653"},
    collection=Collection(name="Nosferatu Collection", overview="Two films", tmdb_id=1),
    thumbs=[Thumb(url="https://images.test/p.jpg"), Thumb(url="https://images.test/f.jpg", aspect="fanart")],
)
STREAMS = StreamDetails(
    video=[
        VideoStream(codec="H264", aspect=1.333, width=1440, height=1080, duration_seconds=5670, hdr_type="")
    ],
    audio=[
        AudioStream(codec="AAC", language="de", channels=2),
        AudioStream(codec="AC3", language="en", channels=6),
    ],
    subtitle_languages=["fra"],
)


def episode(number: int, **more: object) -> Details:
    values = {
        "kind": "episode",
        "title": f"Chapter {number}",
        "show_title": "Dark Rooms",
        "season": 1,
        **more,
    }
    return Details.model_validate({**values, "episode": number})


def root_of(content: bytes) -> etree._Element:
    return etree.fromstring(content)


def movie(existing: bytes | None = None, *, details: Details = NOSFERATU) -> bytes:
    return nfo.render([nfo.Entry(details, STREAMS)], existing).content


def test_a_film_has_every_fact_in_the_element_kodi_reads() -> None:
    root = root_of(movie())
    assert root.tag == "movie"
    assert root.findtext("title") == NOSFERATU.title
    assert root.findtext("plot") == 'Orlok & "friends" <come> to Wisborg.'
    assert root.findtext("runtime") == "95"
    assert (root.findtext("premiered"), root.findtext("year")) == ("1922-02-16", "1922")
    assert [genre.text for genre in root.findall("genre")] == ["Horror", "Fantasy", "Mystery"]
    assert [name.text for name in root.findall("credits")] == ["Henrik Galeen", "AC/DC"]
    assert root.findtext("set/name") == "Nosferatu Collection"
    assert root.findtext("actor/role") == "Graf Orlok"
    assert root.findtext("thumb[@aspect='poster']") == "https://images.test/p.jpg"
    assert root.findtext("fanart/thumb") == "https://images.test/f.jpg"


def test_the_header_is_the_one_kodi_writes() -> None:
    assert movie().startswith(b'<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n<movie>\n  <title>')


def test_ids_carry_their_type_and_one_is_the_default() -> None:
    found = [(one.get("type"), one.text, one.get("default")) for one in root_of(movie()).findall("uniqueid")]
    assert found == [("tmdb", "653", "true"), ("imdb", "tt0013442", None)]


def test_a_rating_of_zero_is_not_written_and_one_is_the_default() -> None:
    ratings = root_of(movie()).findall("ratings/rating")
    assert [(one.get("name"), one.findtext("value"), one.get("default")) for one in ratings] == [
        ("themoviedb", "7.7", "true")
    ]


def test_stream_details_use_three_letter_languages_and_lower_case_codecs() -> None:
    details = root_of(movie()).find("fileinfo/streamdetails")
    assert details is not None
    assert details.findtext("video/codec") == "h264"
    assert details.findtext("video/durationinseconds") == "5670"
    assert [audio.findtext("language") for audio in details.findall("audio")] == ["ger", "eng"]
    assert details.findtext("subtitle/language") == "fre"


def test_writing_again_over_the_result_changes_nothing() -> None:
    first = movie()
    assert movie(first) == first


TITLES = ["", "Ёлки 3", "七人の侍", "a\x00b\ufffe", "]]>", "🎬 & <b>", "\ud7ff"]


@pytest.mark.parametrize("title", TITLES)
def test_titles_in_any_script_survive_a_round_trip(title: str) -> None:
    content = movie(details=NOSFERATU.model_copy(update={"title": title}))
    expected = title.replace("\x00", "").replace("\ufffe", "")
    assert nfo_facts.read(content)[0].title == expected
    assert movie(content, details=NOSFERATU.model_copy(update={"title": title})) == content


def test_unknown_elements_comments_and_what_a_person_did_are_kept() -> None:
    existing = b"""<?xml version="1.0"?>
      <movie><title>Old</title><userrating>9</userrating><playcount>2</playcount>
      <resume><position>12.5</position></resume><mytool version="2"><deep>x</deep></mytool><!-- mine -->
      <tag>Favourites</tag><criticrating>97</criticrating></movie>"""
    content = movie(existing)
    root = root_of(content)
    assert root.findtext("title") == NOSFERATU.title
    assert (root.findtext("userrating"), root.findtext("playcount")) == ("9", "2")
    assert root.findtext("resume/position") == "12.5"
    assert root.findtext("mytool[@version='2']/deep") == "x"
    assert root.findtext("tag") == "Favourites"
    assert root.findtext("criticrating") == "97"
    assert b"<!-- mine -->" in content
    assert movie(content) == content


def test_a_fact_we_do_not_know_is_not_taken_away() -> None:
    local = Details(kind="movie", title="Nosferatu", year=1922)
    root = root_of(movie(movie(), details=local))
    assert root.findtext("title") == "Nosferatu"
    assert root.findtext("director") == "F. W. Murnau"
    assert root.findtext("plot")


def test_locked_fields_stay_as_they_were() -> None:
    existing = b"""<movie><title>My name</title><plot>My plot</plot><genre>Mine</genre>
      <lockedfields>Name|Genres|plot</lockedfields></movie>"""
    root = root_of(movie(existing))
    assert root.findtext("title") == "My name"
    assert root.findtext("plot") == "My plot"
    assert [one.text for one in root.findall("genre")] == ["Mine"]
    assert root.findtext("tagline") is None
    assert root.findtext("director") == "F. W. Murnau"


def test_a_locked_nfo_learns_only_its_streams() -> None:
    existing = b"<movie><title>Mine</title><lockdata>true</lockdata></movie>"
    root = root_of(movie(existing))
    assert [child.tag for child in root] == ["title", "fileinfo", "lockdata"]
    assert root.findtext("title") == "Mine"


def test_an_id_without_type_gets_one_and_loses_the_default() -> None:
    existing = (
        b'<movie><uniqueid default="true">tt7654321</uniqueid><uniqueid type="trakt">9</uniqueid></movie>'
    )
    local = Details(kind="movie", title="X")
    alone = [
        (one.get("type"), one.get("default"))
        for one in root_of(movie(existing, details=local)).iter("uniqueid")
    ]
    assert alone == [("imdb", "true"), ("trakt", None)]
    merged = [
        (one.get("type"), one.text, one.get("default")) for one in root_of(movie(existing)).iter("uniqueid")
    ]
    assert merged == [("tmdb", "653", "true"), ("imdb", "tt0013442", None), ("trakt", "9", None)]


def test_legacy_rating_and_id_go_once_their_successors_are_written() -> None:
    existing = b"<movie><rating>7,3</rating><votes>12</votes><id>tt0013442</id></movie>"
    root = root_of(movie(existing))
    assert root.find("rating") is None
    assert root.find("votes") is None
    assert root.find("id") is None


@pytest.mark.parametrize(
    "damaged",
    [
        b"<movie><title>Fast & Furious</title><userrating>8</userrating></movie>",
        b"<?xml version='1.0' encoding='UTF-8'?><movie><plot>\xe9</plot><userrating>8</userrating></movie>",
        b"<Movie><title>T</title><userrating>8</userrating></Movie>",
        b"<movie><title>T</title><userrating>8</userrating><plot>cut off",
        b"<movie><title>Caf&eacute;</title><userrating>8</userrating></movie>",
        '<?xml version="1.0" encoding="utf-16"?><movie><userrating>8</userrating></movie>'.encode("utf-16"),
        b"\xef\xbb\xbf<movie><userrating>8</userrating></movie>",
    ],
)
def test_a_damaged_nfo_is_mended_and_its_fields_kept(damaged: bytes) -> None:
    content = movie(damaged)
    root = root_of(content)
    assert root.findtext("userrating") == "8"
    assert root.findtext("title") == NOSFERATU.title
    assert movie(content) == content


@pytest.mark.parametrize(
    "garbage", [b"", b"\x00\x01\x02\xff", b"not xml at all", b"<html><body/></html>", b"<movie"]
)
def test_what_is_no_nfo_gives_a_fresh_one(garbage: bytes) -> None:
    assert root_of(movie(garbage)).findtext("title") == NOSFERATU.title


def test_entities_and_dtds_are_never_followed() -> None:
    evil = b"""<!DOCTYPE movie [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY a "aaaaaaaaaa">]>
      <movie><mine>&x;&a;</mine></movie>"""
    content = movie(evil)
    assert b"root:" not in content
    assert root_of(content).findtext("mine") == "&x;&a;"


def test_addresses_beside_the_xml_are_kept_and_give_the_id() -> None:
    only_address = b"https://www.themoviedb.org/movie/653-nosferatu\n"
    assert nfo_facts.ids_in(only_address) == {"tmdb": "653"}
    content = movie(only_address)
    assert content.endswith(b"</movie>\nhttps://www.themoviedb.org/movie/653-nosferatu\n")
    assert movie(content) == content


def test_several_episodes_of_one_file_follow_one_another() -> None:
    content = nfo.render([nfo.Entry(episode(1), STREAMS), nfo.Entry(episode(2), STREAMS)]).content
    text = content.decode()
    assert text.count("<episodedetails>") == 2
    assert text.count("<?xml") == 1
    assert [(one.season, one.episode, one.title) for one in nfo_facts.read(content)] == [
        (1, 1, "Chapter 1"),
        (1, 2, "Chapter 2"),
    ]


def test_each_episode_keeps_its_own_fields() -> None:
    existing = b"""<?xml version="1.0"?>
      <episodedetails><season>1</season><episode>2</episode><playcount>5</playcount>
      </episodedetails><?xml version="1.0"?><episodedetails><season>1</season><episode>1</episode>
      <playcount>1</playcount></episodedetails>"""
    entries = [nfo.Entry(episode(1)), nfo.Entry(episode(2))]
    content = nfo.render(entries, existing).content
    blocks = etree.fromstring(b"<all>" + content.split(b"?>", 1)[1] + b"</all>")
    assert [block.findtext("playcount") for block in blocks] == ["1", "5"]
    assert nfo.render(entries, content).content == content


def test_an_episode_another_tool_found_in_the_file_stays() -> None:
    existing = nfo.render([nfo.Entry(episode(1)), nfo.Entry(episode(2))]).content
    content = nfo.render([nfo.Entry(episode(1))], existing).content
    assert [one.episode for one in nfo_facts.read(content)] == [1, 2]


def test_the_nfo_of_another_episode_lends_nothing() -> None:
    existing = (
        b"<episodedetails><season>1</season><episode>7</episode><playcount>5</playcount></episodedetails>"
    )
    content = nfo.render([nfo.Entry(episode(1))], existing).content
    assert root_of(content).find("playcount") is None


def test_a_show_names_its_seasons_and_its_ids_for_scrapers() -> None:
    show = Details(
        kind="show", title="Dark Rooms", status="Canceled",
        ids={"tmdb": "1", "tvdb": "2", "imdb": "tt3000000"},
        seasons=[NamedSeason(number=0, name="Specials"), NamedSeason(number=1, name="The First")],
        thumbs=[Thumb(url="https://images.test/s1.jpg", season=1)],
    )  # fmt: skip
    root = root_of(nfo.render([nfo.Entry(show)]).content)
    assert root.tag == "tvshow"
    assert root.findtext("episodeguide") == '{"tmdb":"1","tvdb":"2","imdb":"tt3000000"}'
    assert root.findtext("namedseason[@number='1']") == "The First"
    assert root.findtext("status") == "Cancelled"
    assert root.findtext("thumb[@season='1'][@type='season']") == "https://images.test/s1.jpg"


def test_facts_of_an_existing_nfo_are_read() -> None:
    found = nfo_facts.read(movie())[0]
    assert (found.title, found.year, found.ids) == (
        NOSFERATU.title,
        1922,
        {"tmdb": "653", "imdb": "tt0013442"},
    )
    assert found.actors[0].name == "Max Schreck"


def test_an_id_of_the_wrong_shape_is_not_believed() -> None:
    content = b"<movie><uniqueid type='tmdb'>../etc</uniqueid><uniqueid type='imdb'>653</uniqueid></movie>"
    assert nfo_facts.ids_in(content) == {}
