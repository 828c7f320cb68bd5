"""The database functions that turn a title, and a search for one, into words: any script, without case or accents.

`queue_plain` keeps letters and digits, in lower case and without accents, with one space between words; a character
of a script that is written without spaces (Chinese, Japanese) is a word by itself.
"""

from __future__ import annotations

import sqlalchemy as sa

#: Characters of a word that count.
WORD_LENGTH = 100
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
    RETURN btrim(regexp_replace(regexp_replace(
        normalize(regexp_replace(
            normalize(lower(given COLLATE {collation}), NFKD), '[\u0300-\u036f]+', '', 'g'), NFC) COLLATE {collation},
        '([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])', ' \1 ', 'g'), '[^[:alnum:]]+', ' ', 'g'));
END
$$
"""
_WORDS = rf"""
CREATE FUNCTION queue_title_words(title text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := queue_plain(title);
BEGIN
    IF octet_length(plain) > {WORD_LENGTH} THEN
        plain := regexp_replace(plain, '([^ ]{{{WORD_LENGTH}}})[^ ]+', '\1', 'g');
    END IF;
    RETURN array_to_tsvector(string_to_array(plain, ' '));
END
$$
"""
_SEARCH = rf"""
CREATE FUNCTION queue_title_search(search text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg('''' || left(word, {WORD_LENGTH}) || ''':*', ' & ')::tsquery
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
