"""The database functions that turn a title, and a search for one, into words: any script, without case or accents.

`queue_plain` keeps letters and digits, in lower case and without accents, with one space between words. In scripts that
are written without spaces (Chinese, Japanese) a word may begin at each character.
"""

from __future__ import annotations

import sqlalchemy as sa

#: Characters of a word that count.
WORD_LENGTH = 100
#: Characters of scripts that are written without spaces: at each of them a word may begin.
UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
#: Characters that count of a word that begins there.
UNSPACED_LENGTH = 20
#: Words of a search that count.
SEARCH_WORDS = 20
#: Where the database's own locale knows ASCII only, these know letters of all scripts; the first there is serves.
_COLLATIONS = ("pg_c_utf8", "C.utf8", "C.UTF-8", "und-x-icu", "en_US.utf8")

# In PL/pgSQL, whose functions are parsed once a session: what is written in SQL would be parsed for each title stored.
# Most titles are plain ASCII, which takes a third of the time.
_PLAIN = r"""
CREATE FUNCTION queue_plain(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF octet_length(given) = char_length(given) THEN
        RETURN btrim(regexp_replace(lower(given COLLATE "C"), '[^a-z0-9]+', ' ', 'g'));
    END IF;
    RETURN btrim(regexp_replace(
        normalize(regexp_replace(
            normalize(lower(given COLLATE {collation}), NFKD), '[\u0300-\u036f]+', '', 'g'), NFC) COLLATE {collation},
        '[^[:alnum:]]+', ' ', 'g'));
END
$$
"""
_WORDS = rf"""
CREATE FUNCTION queue_title_words(title text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := queue_plain(title);
    words text[];
BEGIN
    IF octet_length(plain) > {WORD_LENGTH} THEN
        plain := regexp_replace(plain, '([^ ]{{{WORD_LENGTH}}})[^ ]+', '\1', 'g');
    END IF;
    words := string_to_array(plain, ' ');
    IF octet_length(plain) > char_length(plain) AND plain ~ '{UNSPACED}' THEN
        words := words || ARRAY(
            SELECT substr(word, place, {UNSPACED_LENGTH})
            FROM unnest(words) AS word CROSS JOIN generate_series(2, char_length(word)) AS place
            WHERE substr(word, place, 1) ~ '{UNSPACED}');
    END IF;
    RETURN array_to_tsvector(words);
END
$$
"""  # noqa: S608
_SEARCH = rf"""
CREATE FUNCTION queue_title_search(search text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(quote_literal(left(
        word, CASE WHEN word ~ '{UNSPACED}' THEN {UNSPACED_LENGTH} ELSE {WORD_LENGTH} END)) || ':*', ' & ')::tsquery
    FROM (SELECT word FROM unnest(string_to_array(queue_plain(search), ' ')) AS word LIMIT {SEARCH_WORDS}) words
$$
"""  # noqa: S608


def create_functions(connection: sa.Connection) -> None:
    """Create the functions, with a collation of this database that knows the letters of all scripts."""
    found = set(connection.scalars(sa.text("SELECT collname FROM pg_collation")))
    collation = next((name for name in _COLLATIONS if name in found), "default")
    for statement in (_PLAIN.format(collation=f'"{collation}"'), _WORDS, _SEARCH):
        connection.exec_driver_sql(statement)


def drop_functions(connection: sa.Connection) -> None:
    """Drop the functions."""
    for name in ("queue_title_search", "queue_title_words", "queue_plain"):
        connection.exec_driver_sql(f"DROP FUNCTION {name}(text)")
