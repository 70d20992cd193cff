"""Targets of links: which need no parsing."""

import can_ada
from hypothesis import example, given
from hypothesis import strategies as st

from broadsheet.link_targets import is_plain_address

PARTS = (
    *("example.org", "xn--80ak6aa92e.com", "xn--a.b", "a..b", "A.b", "a_b.c", "1.2.3.4", "a.1", ":80", "u@"),
    *("/", "//", "/a", "/.", "/..", "/%2e", "/%2E%2e", "%20", "%zz", "?", "#", "b=c&d", "'", "`", "|", "^"),
    *("\\", " ", "\t", "é", "~", ";"),
)
ADDRESSES = st.tuples(
    st.sampled_from(("https://", "http://", "")), st.lists(st.sampled_from(PARTS), max_size=6)
).map(lambda drawn: drawn[0] + "".join(drawn[1]))


@given(ADDRESSES)
@example("https://example.org/a/./b")
@example("https://example.org/%2e%2e/b")
@example("https://example.org/?it's")
@example("https://example.org/%zz")
@example("http://xn--a.b/")
@example("http://1.2.3/")
def test_a_plain_address_stays_as_it_is_when_it_is_parsed(target: str) -> None:
    if is_plain_address(target):
        assert can_ada.parse(target).href == target
        assert not {*target} & {*" \"'<>[\\]^`{|}"}
        assert "%zz" not in target


def test_an_address_with_escapes_a_query_and_a_fragment_is_plain() -> None:
    assert is_plain_address("https://www.example.org/wiki/%D0%9C%D1%96%D0%BD%D1%81%D0%BA?a=b&c=d/e#part")
