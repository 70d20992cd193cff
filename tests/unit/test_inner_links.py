"""Links between the posts of an old site."""

import pytest

from conversion.inner_links import with_new_targets

NEW = "/en/2016-12-05/security-1.html"
REDIRECTS = {"/2016/12/a-bridge": NEW, "/?p=12": NEW, "/2016/12/мост_(1)": NEW}


@pytest.mark.parametrize(
    "old",
    [
        "/2016/12/a-bridge/",
        "/2016/12/a-bridge#part",
        "https://old.example.org/2016/12/A-Bridge/?utm_source=x",
        "http://www.old.example.org/?p=12",
        "/2016/12/%D0%BC%D0%BE%D1%81%D1%82_(1)/",
    ],
)
def test_a_link_to_an_old_address_leads_to_the_new_page(old: str) -> None:
    text = f'See [the *bridge*]({old} "A bridge") and [it]({old}).'
    expected = f'See [the *bridge*]({NEW} "A bridge") and [it]({NEW}).'
    assert with_new_targets(text, REDIRECTS, {"old.example.org"}) == expected


def test_a_link_to_an_article_names_its_page_not_its_folder() -> None:
    redirects = {"/2016/12/a-bridge": "/en/2016-12-05-a-bridge/"}
    text = with_new_targets("[it](/2016/12/a-bridge/)", redirects, set())
    assert text == "[it](/en/2016-12-05-a-bridge/index.html)"


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://other.test/2016/12/a-bridge/)",
        "[a](//other.test/2016/12/a-bridge/)",
        "[a](https://[old.example.org/2016/12/a-bridge/)",
        "[a](/2016/12/a-road/)",
        "[a](mailto:a@old.example.org)",
        "`[a](/2016/12/a-bridge/)`",
        "```\n[a](/2016/12/a-bridge/)\n```\n",
        "/2016/12/a-bridge/",
        "![a](images/a.png)",
    ],
)
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert with_new_targets(text, REDIRECTS, {"old.example.org"}) == text
