from __future__ import annotations

import html
import json
import re

from hypothesis import given
from hypothesis import strategies as st

from webui.pages.json_markup import json_markup

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(values)
def test_whatever_is_shown_reads_back_as_the_same_json(value: object) -> None:
    text = re.sub(r"</?span[^>]*>", "", str(json_markup(value)))
    assert json.loads(html.unescape(text)) == value


def test_markup_inside_values_is_shown_and_not_obeyed() -> None:
    shown = str(json_markup({"path": "<script>alert(1)</script>"}))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_keys_strings_and_values_are_told_apart() -> None:
    assert str(json_markup({"a": "b", "n": 1})).count('class="k"') == 2
    assert '<span class="s">&#34;b&#34;</span>' in str(json_markup(["b"]))
    assert '<span class="v">true</span>' in str(json_markup(True))
