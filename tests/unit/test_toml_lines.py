"""The line of each table and key of a TOML file."""

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.toml_lines import lines_by_path

TEXT = '''# name = "no key"
name = "a # b = c"   # a = comment
"quoted key" = 'x'

a.b = 1
list = [
  "one", # [two]
  'three',
]
inline = { x = 1, y = [2, 3] }
about = """
[heading] = no heading
key = "no key" \\"""
still about""""
plain = \'\'\'
x = 1 \\\'\'\'

[editions.en]
name = "n"
[editions."be"]
name = "n"

[[topics]]
id = "first"
[[topics]]   # the second
  id = "second"
[topics.more]
deep = 2
'''
LISTS = """a = [ # the first
  1, [
    2, # "two", [
    3], { b = "]" , "c.d".e = [
      4,
    ] },

  '''
five''',
  6,
]
b = [[], {}, [
[]]]
c = 1
"""


def test_every_key_and_heading_is_found_on_its_line() -> None:
    tomllib.loads(TEXT)
    assert lines_by_path(TEXT) == {
        ("name",): 2,
        ("quoted key",): 3,
        ("a", "b"): 5,
        ("list",): 6,
        ("list", 0): 7,
        ("list", 1): 8,
        ("inline",): 10,
        ("inline", "x"): 10,
        ("inline", "y"): 10,
        ("inline", "y", 0): 10,
        ("inline", "y", 1): 10,
        ("about",): 11,
        ("plain",): 15,
        ("editions", "en"): 18,
        ("editions", "en", "name"): 19,
        ("editions", "be"): 20,
        ("editions", "be", "name"): 21,
        ("topics", 0): 23,
        ("topics", 0, "id"): 24,
        ("topics", 1): 25,
        ("topics", 1, "id"): 26,
        ("topics", 1, "more"): 27,
        ("topics", 1, "more", "deep"): 28,
    }


def test_every_item_of_a_list_is_found_on_its_line_however_deep_it_is() -> None:
    tomllib.loads(LISTS)
    assert lines_by_path(LISTS) == {
        ("a",): 1,
        ("a", 0): 2,
        ("a", 1): 2,
        ("a", 1, 0): 3,
        ("a", 1, 1): 4,
        ("a", 2): 4,
        ("a", 2, "b"): 4,
        ("a", 2, "c.d", "e"): 4,
        ("a", 2, "c.d", "e", 0): 5,
        ("a", 3): 8,
        ("a", 4): 10,
        ("b",): 12,
        ("b", 0): 12,
        ("b", 1): 12,
        ("b", 2): 12,
        ("b", 2, 0): 13,
        ("c",): 14,
    }


VALUES = st.recursive(
    st.sampled_from(["1", '"a, ]"', "'}'", '"""\n"""', "07:32:00"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ", # ]\n".join(items) + " ]")
        | st.lists(inner, max_size=3).map(
            lambda items: "{" + ", ".join(f'"k {n}" = {each}' for n, each in enumerate(items)) + "}"
        )
    ),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=3))
def test_the_paths_are_those_of_what_is_read(values: list[str]) -> None:
    text = "\n".join(f"a.b{number} = {value}" for number, value in enumerate(values))
    assert set(lines_by_path(text)) == {path for path in paths(tomllib.loads(text)) if path != ("a",)}


def paths(value: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """All keys and items in a value."""
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*above, key)
            yield from paths(each, (*above, key))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_may_end_as_on_any_system(end: str) -> None:
    assert lines_by_path(end.join(["# words", "a = 1", "[b]", "c = 2"])) == {
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 4,
    }


def test_a_file_without_a_key_has_no_lines() -> None:
    assert lines_by_path("# nothing\n") == {}
