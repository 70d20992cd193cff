"""The head of an issue's file."""

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broadsheet.content.findings import Findings, UnpublishableError
from broadsheet.content.front_matter import LONGEST_BYTES, FrontMatter, split_front_matter

YAML_SIGNS = st.text(alphabet="title:sumaryo ,-?[]{}'\"|>&*!#%@`\n\t.0~<=\\", max_size=120)


def split(text: str, *, lenient: bool = False) -> FrontMatter:
    return split_front_matter(Findings("x.md", lenient=lenient), text)


def head(text: str) -> FrontMatter:
    return split(f"---\n{text}\n---\nBody.\n")


def rules(text: str, *, lenient: bool = False) -> list[tuple[int, str]]:
    found = Findings("x.md", lenient=lenient)
    with suppress(UnpublishableError):
        split_front_matter(found, text)
    return [(finding.line, finding.rule) for finding in found.all()]


def rules_of_head(text: str) -> list[tuple[int, str]]:
    return rules(f"---\n{text}\n---\n")


def test_values_lines_and_body_are_separated() -> None:
    text = "---\ntitle: Two summits\n\nsummary: One road\n---\n\nBody.\n"
    assert split(text) == FrontMatter(
        values={"title": "Two summits", "summary": "One road"},
        lines={"title": 2, "summary": 4},
        inner=(),
        body="\nBody.\n",
        body_line=5,
    )


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (
            "title: Two summits, one road: what the neighbours want",
            "Two summits, one road: what the neighbours want",
        ),
        ("title: Два саміты: што далей? — пытаюць суседзі", "Два саміты: што далей? — пытаюць суседзі"),
        ("title: “Small steps”: it's a “plan”", "“Small steps”: it's a “plan”"),
        ('title: "In quotes: yes"', "In quotes: yes"),
        ("title: 'It''s quoted: too' # with a comment", "It's quoted: too"),
        ("title: Plans # for our eyes", "Plans"),
        ("period: 2016-12-05/2016-12-11        # optional", "2016-12-05/2016-12-11"),
        ("title: C#7 and issue#4", "C#7 and issue#4"),
        ("title: Issue #5", "Issue #5"),
        ("title: #5 of the series", "#5 of the series"),
        ("title: # nothing yet", ""),
        ('title: "Quoted": and more', '"Quoted": and more'),
        ('title: "One" and "two"', '"One" and "two"'),
        ("title: 'Tis the season", "'Tis the season"),
        ('title: "\\u0410 \\"b\\" \\ud800"', 'А "b" \ufffd'),
        ("title: [Draft] of a plan", "[Draft] of a plan"),
        ("title: [all of it]", "[all of it]"),
        ("title: {x} y", "{x} y"),
        ("title: *Important* news", "*Important* news"),
        ("title: & so it goes", "& so it goes"),
        ("title: !important news", "!important news"),
        ("title: ? what", "? what"),
        ("title: > 50 % of it", "> 50 % of it"),
        ("title:\tafter a tab\t", "after a tab"),
        ("title:\u00a0after a wide space", "after a wide space"),
        ("title:No space", "No space"),
        ("title: over\n  two lines", "over two lines"),
        ('title: "over\n  two lines"', "over two lines"),
        ("title: 2016-12-05", "2016-12-05"),
        ("title: 42", "42"),
        ("title: yes", "yes"),
        ("title: ~", "~"),
        ("title: - a dash", "- a dash"),
        ("title: %x @y `z`", "%x @y `z`"),
        ("title:    spaces around   ", "spaces around"),
        ("title:", ""),
        ("title: >\n  folded: into\n  one line", "folded: into one line"),
        ("title: |-\n  # no comment", "# no comment"),
        ("title: |\n  kept: on\n  two lines", "kept: on\ntwo lines"),
    ],
)
def test_a_value_is_read_as_yaml_reads_it(line: str, value: str) -> None:
    assert list(head(line).values.values()) == [value]


@pytest.mark.parametrize(
    "written",
    [
        "authors: [N. Verasok, T. Azyorny]",
        "authors:\n- N. Verasok\n- T. Azyorny",
        "authors: ['N. Verasok', \"T. Azyorny\"]",
        "authors:\n\t- N. Verasok\n\t- T. Azyorny",
        "authors: [N. Verasok,\n  T. Azyorny] # both",
    ],
)
def test_a_list_can_be_written_in_two_ways(written: str) -> None:
    assert head(written).values == {"authors": ("N. Verasok", "T. Azyorny")}


def test_a_line_of_comment_counts_as_a_line() -> None:
    assert head("# before\ntitle: One\n  # between\nsummary: Two").lines == {"title": 3, "summary": 5}


@pytest.mark.parametrize("line", ["  summary: Two", "\tsummary: Two"])
def test_a_known_key_counts_however_far_it_is_indented(line: str) -> None:
    assert head(f"title: One\n{line}").values == {"title": "One", "summary": "Two"}


@pytest.mark.parametrize("end", ["---", "--- \t", "..."])
def test_a_fence_may_have_spaces_behind_it_and_empty_lines_before_it(end: str) -> None:
    assert split(f"\n \n--- \ntitle: x\n{end}\nBody.") == FrontMatter(
        {"title": "x"}, {"title": 4}, (), "Body.", 5
    )


def test_empty_front_matter_has_no_values() -> None:
    assert split("---\n---\n") == FrontMatter({}, {}, (), "", 2)


@pytest.mark.parametrize("text", ["", "title: x\n---\n", "----\ntitle: x\n----\n", "# Head\n"])
def test_a_file_that_does_not_begin_with_a_fence_gets_a_finding(text: str) -> None:
    assert rules(text) == [(1, "front-matter-missing")]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("---", "front-matter-no-end"),
        ("---\ntitle: x\n\nBody ---\n", "front-matter-no-end"),
        ("---\n" + "A paragraph.\n\n" * (LONGEST_BYTES // 10) + "---\n", "front-matter-too-long"),
        ("---\n" + "title: x\n" * 50_000, "front-matter-no-end"),
        ("+++\ntitle = 1\n+++\n", "front-matter-toml"),
    ],
)
def test_front_matter_without_an_end_or_too_long_gets_a_finding(text: str, rule: str) -> None:
    assert rules(text) == [(1, rule)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("summary: y\nlead: z\nsummary: again", [(4, "key-twice")]),
        ("title: x\nsummary: &a y", [(3, "front-matter-reference")]),
        ("title: *a", [(2, "front-matter-reference")]),
        ("title: x\n\nsummary: !!int 1", [(4, "front-matter-reference")]),
        ("title: !!python/object/apply:os.system [ls]", [(2, "front-matter-reference")]),
        ("title: !python/name:os.system", [(2, "front-matter-reference")]),
        ("- title", [(2, "front-matter-line")]),
        ("just some words", [(2, "front-matter-line")]),
        ("title: x\n? [summary]\n: y", [(3, "front-matter-line"), (4, "front-matter-line")]),
        ("title: x\n--- y", [(3, "front-matter-line")]),
        ("title: x\nauthors: [a, b", [(3, "list-unreadable")]),
        ("authors: [a, [b]]", [(2, "list-unreadable")]),
        ('title: "Small steps\nsummary: y', [(2, "front-matter-quote")]),
        ('title: "Small steps"\nsummary: y', []),
        ("title: We are # 1", [(2, "front-matter-comment")]),
        ("title: We are #1   # optional", []),
    ],
)
def test_an_entry_that_is_not_plain_is_reported_at_its_line(
    lines: str, expected: list[tuple[int, str]]
) -> None:
    assert rules_of_head(lines) == expected


def test_references_are_never_followed() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*a, *a, *a]\n" for i in range(20))
    assert {rule for _, rule in rules_of_head(bomb)} == {"front-matter-reference"}


def test_an_import_may_have_toml_front_matter_or_none() -> None:
    first = '+++\ntitle = "A: b"\ndate = 2016-12-05T08:00:00Z\ntags = ["x", 1]\ndraft = true\n'
    text = f"{first}[more]\ny = 1\n+++\nBody."
    assert split(text, lenient=True) == FrontMatter(
        {
            "title": "A: b",
            "date": "2016-12-05 08:00:00+00:00",
            "tags": ("x", "1"),
            "draft": "true",
            "more": None,
        },
        {"title": 2, "date": 3, "tags": 4, "draft": 5, "more": 6},
        (("y", "1", 7),),
        "Body.",
        8,
    )
    assert split("\n# Head\n", lenient=True) == FrontMatter({}, {}, (), "# Head\n", 1)
    assert rules("+++\na = " + "[" * 5000 + "\n+++\n", lenient=True) == [(2, "front-matter-toml")]


@settings(deadline=None)
@given(st.text() | YAML_SIGNS)
@example("authors: " + "[" * 1500)
@example("? " * 1500)
@example("title:\n" + "".join(" " * depth + "a:\n" for depth in range(1, 100)))
@example("title: !!timestamp soon")
@example("title: \ufeff")
def test_junk_is_read_or_refused_with_findings(text: str) -> None:
    for lenient in (False, True):
        for fence in ("---", "+++"):
            found = Findings("x.md", lenient=lenient)
            try:
                front = split_front_matter(found, f"{fence}\n{text}\n{fence}\nBody.\n")
            except UnpublishableError:
                assert found.stop
            else:
                assert set(front.values) == set(front.lines)


@given(st.text(alphabet="abcdeйцу:;,.!?“”’'\"-–—()[]{}&*|>%@`/ ", min_size=1).map(lambda s: f"A{s}".rstrip()))
def test_a_headline_with_any_signs_is_kept_as_it_is(headline: str) -> None:
    assert head(f"title: {headline}").values == {"title": headline}
