"""Posts become issues: translations are editions of one, and the posts of a week its commentaries."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.content.text_names import issue_day
from broadsheet.publishing.proofread import MOST_PICTURE_BYTES
from conversion.gathering import MOST_TEXT_BYTES, PlacedPost, PlannedIssue, gathered, pieces_of, size_of
from tests.builders import a_newsletter
from tests.effort import tries
from tests.fakes.exports import MONDAY

NEWSLETTER = a_newsletter()
ANY_DAY = a_newsletter(cadence="free")


def placed(post_id: str, **changes: object) -> PlacedPost:
    post = PlacedPost(post_id, f"piece {post_id}", "en", "security", MONDAY, f"post-{post_id}", 1_000)
    return replace(post, **changes)  # type: ignore[arg-type]


def weekly(*posts: PlacedPost) -> list[PlannedIssue]:
    return gathered(pieces_of(posts, NEWSLETTER), "week", NEWSLETTER)


def one_each(*posts: PlacedPost) -> list[str]:
    return [issue.id for issue in gathered(pieces_of(posts, ANY_DAY), "post", ANY_DAY)]


def addresses(*issues: PlannedIssue) -> dict[str, str]:
    return {post.id: page for issue in issues for post, page in issue.pages()}


def test_the_posts_of_a_week_are_commentaries_of_the_issue_of_its_monday_in_their_order() -> None:
    friday, sunday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=6)
    issues = weekly(
        placed("c", published=sunday, topic="belarus-west"),
        placed("b", published=friday),
        placed("a"),
        placed("d", published=MONDAY + timedelta(days=7)),
    )
    assert addresses(*issues) == {
        "a": "/en/2016-12-05/security-1.html",
        "b": "/en/2016-12-05/security-2.html",
        "c": "/en/2016-12-05/belarus-west-1.html",
        "d": "/en/2016-12-12/security-1.html",
    }


def test_the_day_is_that_of_the_newsletters_time_zone() -> None:
    late_on_sunday_in_utc = placed("a", published=MONDAY - timedelta(hours=9, minutes=30))
    assert addresses(*weekly(late_on_sunday_in_utc)) == {"a": "/en/2016-12-05/security-1.html"}


def test_translations_are_editions_of_one_issue_and_their_pages_have_the_same_name() -> None:
    issues = weekly(
        placed("en-1", piece="1", published=MONDAY),
        placed("en-only", published=MONDAY - timedelta(minutes=30)),
        placed("be-1", piece="1", edition="be", published=MONDAY + timedelta(days=9)),
    )
    assert [issue.id for issue in issues] == ["2016-12-05"]
    assert addresses(*issues) == {
        "en-1": "/en/2016-12-05/security-1.html",
        "be-1": "/be/2016-12-05/security-1.html",
        "en-only": "/en/2016-12-05/security-2.html",
    }


def test_pieces_of_different_editions_never_share_the_name_of_a_page() -> None:
    issues = weekly(
        *(placed("both-en", piece="1"), placed("both-be", piece="1", edition="be")),
        *(placed("only-en"), placed("only-be", edition="be")),
    )
    assert addresses(*issues) == {
        "both-en": "/en/2016-12-05/security-1.html",
        "both-be": "/be/2016-12-05/security-1.html",
        "only-be": "/be/2016-12-05/security-2.html",
        "only-en": "/en/2016-12-05-2/security-1.html",
    }


def test_a_topic_is_that_of_the_first_edition_that_has_one() -> None:
    issues = weekly(
        placed("be", piece="1", edition="be", topic="belarus-west"), placed("en", piece="1", topic="article")
    )
    assert addresses(*issues) == {
        "en": "/en/2016-12-05/belarus-west-1.html",
        "be": "/be/2016-12-05/belarus-west-1.html",
    }


def test_a_second_text_of_one_piece_in_an_edition_is_a_piece_of_its_own() -> None:
    issues = weekly(placed("a", piece="1"), placed("b", piece="1"))
    assert len(set(addresses(*issues).values())) == 2


def test_a_week_with_too_much_for_one_issue_has_several() -> None:
    long = [placed(str(number), size=MOST_TEXT_BYTES // 2) for number in range(5)]
    assert [issue.id for issue in weekly(*long)] == ["2016-12-05", "2016-12-05-2", "2016-12-05-3"]
    many = weekly(*(placed(f"{number:03}") for number in range(201)))
    assert [len(issue.pieces) for issue in many] == [200, 1]


def test_a_week_with_too_many_bytes_of_pictures_for_one_folder_has_several_issues() -> None:
    size = size_of("A title", "Words.", MOST_PICTURE_BYTES // 3)
    assert [issue.id for issue in weekly(*(placed(str(number), size=size) for number in range(4)))] == [
        *("2016-12-05", "2016-12-05-2")
    ]


def test_a_post_without_a_topic_is_an_issue_of_its_own_in_its_week() -> None:
    (issue,) = weekly(placed("a", topic="article", published=MONDAY + timedelta(days=2)))
    assert (issue.id, addresses(issue)) == ("2016-12-05-post-a", {"a": "/en/2016-12-05-post-a/"})


def test_posts_stay_issues_of_their_day_and_their_slug() -> None:
    tuesday = MONDAY + timedelta(days=1)
    assert one_each(placed("a"), placed("b", published=tuesday)) == ["2016-12-05-post-a", "2016-12-06-post-b"]


def test_two_posts_of_one_slug_get_a_number_whatever_their_order_in_the_export() -> None:
    long = "a-very-long-name-of-a-post-that-is-cut-here-and-there"
    posts = [placed(each, slug=long, published=MONDAY + timedelta(hours=ord(each) % 7)) for each in "abc"]
    issues = gathered(pieces_of(posts, ANY_DAY), "post", ANY_DAY)
    assert issues == gathered(pieces_of(posts[::-1], ANY_DAY), "post", ANY_DAY)
    assert len({issue.id for issue in issues}) == 3
    assert all(issue_day(issue.id) for issue in issues)


def test_a_post_without_any_name_has_the_id_of_its_day() -> None:
    assert one_each(placed("a", slug=""), placed("b", slug="")) == ["2016-12-05", "2016-12-05-2"]


def test_a_name_in_other_letters_has_an_id_of_letters_that_an_id_may_have() -> None:
    (issue_id,) = one_each(placed("a", slug="мост"))
    assert issue_day(issue_id)


POSTS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(("en", "be", "ru")),
        st.sampled_from(("security", "belarus-west", "article")),
        st.integers(0, 20),
        st.sampled_from((100, MOST_TEXT_BYTES // 3)),
    ),
    max_size=25,
)


@given(POSTS, st.sampled_from(("week", "post")), st.sampled_from((NEWSLETTER, ANY_DAY)))
@settings(max_examples=tries(50, proof=1_000), deadline=None)
def test_each_post_has_one_page_and_pages_of_one_name_are_translations(
    drawn: list[tuple[int, str, str, int, int]], mode: str, newsletter: object
) -> None:
    posts = [
        placed(
            str(at),
            piece=str(piece),
            edition=edition,
            topic=topic,
            size=size,
            published=MONDAY + timedelta(days=day),
        )
        for at, (piece, edition, topic, day, size) in enumerate(drawn)
    ]
    issues = gathered(pieces_of(posts, newsletter), mode, newsletter)  # type: ignore[arg-type]
    pages = [(post, page) for issue in issues for post, page in issue.pages()]
    assert sorted(post.id for post, _ in pages) == sorted(post.id for post in posts)
    assert len({page for _, page in pages}) == len(pages)
    pieces: dict[str, set[str]] = {}
    for post, page in pages:
        pieces.setdefault(page.removeprefix(f"/{post.edition}"), set()).add(post.piece)
    assert all(len(same) == 1 for same in pieces.values())
    assert all(issue_day(issue.id) for issue in issues)
    for issue in issues:
        for edition in issue.editions:
            sizes = [post.size for post in issue.posts(edition)]
            assert len(sizes) == 1 or sum(sizes) <= MOST_TEXT_BYTES
