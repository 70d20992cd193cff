"""Small exports of WordPress: `wxr(item(title="A bridge"))` is the text of a file with one post."""

from collections.abc import Iterable, Mapping

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0"
\txmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/"
>
<channel>
\t<title>The Old Bridge</title>
\t<link>https://old.example.org</link>
\t<language>en-US</language>
\t<wp:wxr_version>1.2</wp:wxr_version>
\t<wp:base_site_url>https://old.example.org</wp:base_site_url>
\t<wp:base_blog_url>https://old.example.org</wp:base_blog_url>
"""
END = "</channel>\n</rss>\n"


def wxr(*parts: str, head: str = HEAD) -> str:
    """A whole file of items, authors and terms."""
    return head + "".join(parts) + END


def item(
    number: int | str = 12,
    *,
    title: str = "A bridge",
    body: str = "<p>The bridge opened.</p>",
    terms: Iterable[tuple[str, str, str]] = (),
    meta: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    extra: str = "",
    **texts: str,
) -> str:
    """A public post; `texts` are the other children, by their names without `wp:`: `status="draft"`."""
    outer = {"link": f"https://old.example.org/2016/12/05/post-{number}/", "pubDate": "", "creator": "w2"}
    own = {
        "post_id": str(number),
        "post_date": "2016-12-05 10:00:00",
        "post_date_gmt": "2016-12-05 07:00:00",
        "post_name": f"post-{number}",
        "status": "publish",
        "post_type": "post",
        "post_password": "",
    }
    given = outer | own | texts
    guid, excerpt = given.pop("guid", f"https://old.example.org/?p={number}"), given.pop("excerpt", "")
    inner = "".join(
        f"\t\t<wp:{name}><![CDATA[{text}]]></wp:{name}>\n"
        for name, text in given.items()
        if name not in outer
    )
    fields = meta.items() if isinstance(meta, Mapping) else meta
    return f"""\t<item>
\t\t<title><![CDATA[{title}]]></title>
\t\t<link>{given["link"]}</link>
\t\t<pubDate>{given["pubDate"]}</pubDate>
\t\t<dc:creator><![CDATA[{given["creator"]}]]></dc:creator>
\t\t<guid isPermaLink="false">{guid}</guid>
\t\t<content:encoded><![CDATA[{body}]]></content:encoded>
\t\t<excerpt:encoded><![CDATA[{excerpt}]]></excerpt:encoded>
{inner}{"".join(term(*each) for each in terms)}{"".join(field(*each) for each in fields)}{extra}\t</item>
"""


def term(domain: str, slug: str, name: str) -> str:
    """A category, tag or language of an item."""
    return f'\t\t<category domain="{domain}" nicename="{slug}"><![CDATA[{name}]]></category>\n'


def field(key: str, value: str) -> str:
    """A custom field of an item."""
    inner = f"<wp:meta_key><![CDATA[{key}]]></wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value>"
    return f"\t\t<wp:postmeta>{inner}</wp:postmeta>\n"


def author(login: str, name: str, email: str = "", number: int = 1) -> str:
    """An author of the site."""
    texts = {
        "author_id": str(number),
        "author_login": login,
        "author_email": email,
        "author_display_name": name,
    }
    inner = "".join(f"<wp:{key}><![CDATA[{text}]]></wp:{key}>" for key, text in texts.items())
    return f"\t<wp:author>{inner}</wp:author>\n"


def comment(words: str = "A comment.", email: str = "reader@example.org") -> str:
    """A comment of an item."""
    texts = {"comment_author_email": email, "comment_content": words}
    inner = "".join(f"<wp:{key}><![CDATA[{text}]]></wp:{key}>" for key, text in texts.items())
    return f"\t\t<wp:comment>{inner}</wp:comment>\n"
