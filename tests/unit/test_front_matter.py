"""The head of an issue's file."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broadsheet.issues.findings import Finding, UnpublishableError
from broadsheet.issues.front_matter import KNOWN_KEYS, LONGEST_BYTES, FrontMatter, split_front_matter

FILE = "issues/2016-12-05/en.md"
MEND_YAML = "Write each entry as “key: value” on one line; quote a value with special signs."
YAML_SIGNS = st.text(alphabet="title:sumaryo ,-?[]{}'\"|>&*!#%@`\n\t.0~<=\\", max_size=120)


def head(text: str) -> FrontMatter:
    return split_front_matter(FILE, f"---\n{text}\n---\nBody.\n")


def findings(text: str) -> list[Finding]:
    with pytest.raises(UnpublishableError) as caught:
        split_front_matter(FILE, text)
    return caught.value.findings


def unreadable(line: int, problem: str) -> list[Finding]:
    return [Finding(FILE, line, "The front matter can't be read.", f"At this line: {problem}.", MEND_YAML)]


def test_values_lines_and_body_come_apart() -> None:
    text = "---\ntitle: Two summits\n\nsummary: One road\n---\n\nBody.\n"
    assert split_front_matter(FILE, text) == FrontMatter(
        values={"title": "Two summits", "summary": "One road"},
        lines={"title": 2, "summary": 4},
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
        ("title: 2016-12-05", "2016-12-05"),
        ("title: 42", "42"),
        ("title: yes", "yes"),
        ("title: ~", "~"),
        ("title: - a dash", "- a dash"),
        ("title: %x @y `z`", "%x @y `z`"),
        ("title:    spaces around   ", "spaces around"),
        ("title:", ""),
        ("title: >\n  folded: into\n  one line", "folded: into one line"),
        ("title: |\n  kept: on\n  two lines", "kept: on\ntwo lines"),
    ],
)
def test_a_value_means_what_it_says(line: str, value: str) -> None:
    assert list(head(line).values.values()) == [value]


@pytest.mark.parametrize(
    "written",
    [
        "authors: [N. Verasok, T. Azyorny]",
        "authors:\n- N. Verasok\n- T. Azyorny",
        "authors: ['N. Verasok', \"T. Azyorny\"]",
    ],
)
def test_a_list_can_be_written_in_two_ways(written: str) -> None:
    assert head(written).values == {"authors": ["N. Verasok", "T. Azyorny"]}


def test_a_line_of_comment_counts_as_a_line() -> None:
    assert head("# before\ntitle: One\n  # between\nsummary: Two").lines == {"title": 3, "summary": 5}


def test_a_fence_may_have_spaces_behind_it() -> None:
    assert split_front_matter(FILE, "--- \ntitle: x\n---\t\nBody.") == FrontMatter(
        {"title": "x"}, {"title": 2}, "Body.", 3
    )


def test_an_empty_head_holds_nothing() -> None:
    assert split_front_matter(FILE, "---\n---\n") == FrontMatter({}, {}, "", 2)


@pytest.mark.parametrize(
    "text", ["", "title: x\n---\n", "\n---\ntitle: x\n---\n", "----\ntitle: x\n----\n", "# Head\n"]
)
def test_a_file_that_does_not_begin_with_a_fence_is_told_so(text: str) -> None:
    assert findings(text) == [
        Finding(
            FILE,
            1,
            "The file does not begin with “---”.",
            "The title and summary stand between two lines of “---”.",
            "Begin the file with ---, title: …, summary: …, and another ---.",
        )
    ]


@pytest.mark.parametrize("text", ["---", "---\ntitle: x\n", "---\ntitle: x\n\nBody ---\n"])
def test_a_head_without_an_end_is_told_so(text: str) -> None:
    assert findings(text) == [
        Finding(
            FILE,
            1,
            "The front matter has no end.",
            "A second line of “---” closes it.",
            "Put --- on a line of its own below the last key.",
        )
    ]


def test_a_head_as_long_as_an_article_has_lost_its_end() -> None:
    text = "---\ntitle: x\n" + "A paragraph of the article.\n\n" * (LONGEST_BYTES // 20) + "---\n"
    assert [finding.what for finding in findings(text)] == ["The front matter has no end."]


def test_every_unknown_key_and_every_repetition_is_found() -> None:
    known = f"Known are {', '.join(KNOWN_KEYS)}."
    mend = "Correct its spelling or delete the line."
    assert findings("---\nTitle: x\nsummary: y\nlead: z\nsummary: again\n---\n") == [
        Finding(FILE, 2, "“Title” is not a key that we know.", known, mend),
        Finding(FILE, 4, "“lead” is not a key that we know.", known, mend),
        Finding(FILE, 5, "“summary” stands there twice.", "Only one can count.", "Delete one of them."),
    ]


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        ("title: x\nsummary: &a y", 3, "anchors (&) and aliases (*) are not allowed"),
        ("title: *a", 2, "anchors (&) and aliases (*) are not allowed"),
        ("title: x\n\nsummary: !!int 1", 4, "tags (!) are not allowed"),
        ("!!set {title}", 2, "tags (!) are not allowed"),
        ("title: !!python/object/apply:os.system [ls]", 2, "tags (!) are not allowed"),
        ("title: !important news", 2, "tags (!) are not allowed"),
        ("title: x\nsummary: a\x07b", 3, "an invisible control character"),
        ("- title", 2, "expected lines of “key: value”"),
        ("just some words", 2, "expected lines of “key: value”"),
        ("title: x\n? [summary]\n: y", 3, "a key is one word"),
    ],
)
def test_what_is_not_a_plain_entry_is_refused_at_its_line(lines: str, line: int, problem: str) -> None:
    assert findings(f"---\n{lines}\n---\n") == unreadable(line, problem)


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ("title: x\n\tsummary: y", 3),
        ("title: x\nsummary: [a, b", 3),
        ('title: "Small steps": a plan\nsummary: y', 2),
        ("title: x\nsummary: y\n more: z", 4),
        ("title: x\n--- y", 3),
    ],
)
def test_broken_yaml_is_told_with_its_line(lines: str, line: int) -> None:
    (finding,) = findings(f"---\n{lines}\n---\n")
    assert (finding.line, finding.what, finding.mend) == (line, "The front matter can't be read.", MEND_YAML)


@settings(deadline=None)
@given(st.text() | YAML_SIGNS)
@example("authors: " + "[" * 1500)
@example("? " * 1500)
@example("title:\n" + "".join(" " * depth + "a:\n" for depth in range(1, 100)))
@example("title: !!timestamp soon")
@example("title: \ufeff")
def test_junk_is_read_or_found_unpublishable(text: str) -> None:
    outcome: list[Finding] | FrontMatter
    try:
        outcome = head(text)
    except UnpublishableError as error:
        outcome = error.findings
    if isinstance(outcome, FrontMatter):
        assert set(outcome.values) == set(outcome.lines) <= set(KNOWN_KEYS)
    else:
        assert all(finding.line >= 1 and finding.mend for finding in outcome)


@given(st.text(alphabet="abcdeйцу:;,.!?“”’'\"-–—()[]{}&*|>%@`/ ", min_size=1).map(lambda s: f"A{s}".rstrip()))
def test_a_headline_with_any_signs_is_kept_as_it_is(headline: str) -> None:
    assert head(f"title: {headline}").values == {"title": headline}
