"""The addresses of an old site, asked one by one as behind the CDN; tests/data/redirects.toml has them."""

import http.client

import pytest

from local.system import LocalSystem

BRIDGE = "/en/about.html"


def ask(system: LocalSystem, target: str, method: str = "GET") -> tuple[int, str]:
    """The status and the address of a redirect, of a request whose path is sent as it is written."""
    connection = http.client.HTTPConnection("127.0.0.1", system.port, timeout=20)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *(
            (f"/2016/12/05/a-bridge{rest}", BRIDGE)
            for rest in ("/", "", "/page/2/", "/amp/", "/feed/", "?p=9")
        ),
        *(
            (f"/2016/12/05/a-bridge/{rest}", BRIDGE)
            for rest in ("?utm_source=x&fbclid=1", "index.html", "?lang=ru")
        ),
        *(
            (old, BRIDGE)
            for old in ("/2016/12/05/A-Bridge", "//2016/12//05/a%2Dbridge", "/index.php/2016/12/05/a-bridge/")
        ),
        ("/2016/12/05/a-bridge/?lang=be", "/be/about.html"),
        ("/?p=123", "/en/privacy.html"),
        ("/index.php?utm_source=x&p=123", "/en/privacy.html"),
        ("/?page_id=7", "/ru/about.html"),
        ("/2016/12/%D0%BC%D0%BE%D1%81%D1%82/", "/be/privacy.html"),
        ("/2016/12/%d0%bc%d0%be%d1%81%d1%82", "/be/privacy.html"),
        ("/2016/12/a-bridge-%F0%9F%8C%89", "/ru/privacy.html"),
        ("/category/politics/page/12/", "/en/"),
        ("/page/31/", "/"),
        ("/feed/rss2/", "/en/feed.xml"),
        ("/be/feed", "/be/feed.xml"),
        ("/a-page.html", BRIDGE),
    ],
)
def test_an_old_address_leads_to_its_page_in_one_hop(system: LocalSystem, old: str, new: str) -> None:
    assert ask(system, old) == ask(system, old, "HEAD") == (301, new)
    assert ask(system, new) == (200, "")


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/2016/12/05/",
            "/2016/12/05/another-bridge.html",
            "//evil.test/a.b",
            "/\\evil.test",
            "/%5Cevil.test",
        ),
        *("/%2f/evil.test/..", "/a%0d%0aX:y", "/%E0%A4%A", "/%D0%B0%D0%B1/", "/https://evil.test/"),
    ],
)
def test_any_other_address_leads_nowhere_else(system: LocalSystem, address: str) -> None:
    status, location = ask(system, address)
    assert status in (301, 404)
    assert status == 404 or location == "/2016/12/05.html"


def test_pages_stay_where_they_are(system: LocalSystem) -> None:
    for page in (
        "/",
        "/?p=124",
        "/?fbclid=x",
        "/en/",
        "/en/?p=123",
        "/be/feed.xml",
        "/en/about.html?lang=be",
    ):
        assert ask(system, page) == (200, "")
    assert ask(system, "/en/about?p=123") == (301, "/en/about.html?p=123")
