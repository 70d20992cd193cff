"""The line of each table and key of a TOML file."""

import tomllib

import pytest

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


def test_every_key_and_heading_is_found_on_its_line() -> None:
    tomllib.loads(TEXT)
    assert lines_by_path(TEXT) == {
        ("name",): 2,
        ("quoted key",): 3,
        ("a", "b"): 5,
        ("list",): 6,
        ("inline",): 10,
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


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_may_end_as_on_any_system(end: str) -> None:
    assert lines_by_path(end.join(["# words", "a = 1", "[b]", "c = 2"])) == {
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 4,
    }


def test_a_file_without_a_key_has_no_lines() -> None:
    assert lines_by_path("# nothing\n") == {}
