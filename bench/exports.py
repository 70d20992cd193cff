"""Large exports of old systems, for budgets: `python -m bench.exports wordpress OUT --posts 5000`.

The same arguments give the same bytes. The words are the sample's; the links are to invented hosts.
"""

import argparse
import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from bench.archive import TARGETS
from bench.measuring import ROOT

FIRST, EVERY = datetime(2013, 1, 7, 9, 30), timedelta(hours=17)  # noqa: DTZ001  # the site's local time
OFFSET = timedelta(hours=3)
CATEGORIES = {"security": "Security", "economy": "Economy", "society": "Society", "culture": "Culture & arts"}
TAGS = {f"tag-{number}": f"Tag {number}" for number in range(40)}
AUTHORS = {"editor1": "A. Editor", "editor2": "B. Editor", "editor3": "editor3"}
COMMENTS, LINKS, POST_BYTES = 4, 25, 30_000
HEADING_EVERY, PICTURE_AFTER = 12, 3  # paragraphs
_PLAIN = re.compile(r"\w[^\[\]*`|<>\n]*[.]$")
_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file, made for a measurement. -->
<rss version="2.0"
\txmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/"
>
<channel>
\t<title>An old site</title>
\t<link>https://old.example.org</link>
\t<language>en-US</language>
\t<wp:wxr_version>1.2</wp:wxr_version>
\t<wp:base_site_url>https://old.example.org</wp:base_site_url>
\t<wp:base_blog_url>https://old.example.org</wp:base_blog_url>
"""


def wordpress(posts: int, post_bytes: int = POST_BYTES) -> Iterator[str]:
    """A WXR file in parts: posts in English and Belarusian (Polylang), each with a picture and comments."""
    yield _HEAD
    for number, (login, name) in enumerate(AUTHORS.items(), start=1):
        texts = {"author_id": str(number), "author_login": login, "author_email": f"{login}@example.org"}
        yield _element("wp:author", texts | {"author_display_name": name})
    for number, (slug, name) in enumerate(CATEGORIES.items(), start=1):
        yield _element("wp:category", {"term_id": str(number), "category_nicename": slug, "cat_name": name})
    for number, (slug, locale) in enumerate({"en": "en_US", "be": "be_BY"}.items(), start=90):
        described = f'a:1:{{s:6:"locale";s:5:"{locale}";}}'
        texts = {"term_id": str(number), "term_taxonomy": "language", "term_slug": slug}
        yield _element("wp:term", texts | {"term_description": described})
    for number in range(posts):
        yield _attachment(number)
        yield _post(number, post_bytes)
    yield "</channel>\n</rss>\n"


def _element(name: str, texts: dict[str, str]) -> str:
    inner = "".join(f"<wp:{key}><![CDATA[{text}]]></wp:{key}>" for key, text in texts.items())
    return f"\t<{name}>{inner}</{name}>\n"


def _number_of(number: int) -> int:
    return 1000 + number * 2


def _attachment(number: int) -> str:
    post = _number_of(number)
    address = f"https://old.example.org/wp-content/uploads/2016/12/picture-{number}.jpg"
    meta = _meta("_wp_attachment_image_alt", f"Picture {number}")
    return _item(
        f"Picture {number}",
        f"https://old.example.org/?attachment_id={post + 1}",
        {"post_id": str(post + 1), "post_type": "attachment", "status": "inherit", "attachment_url": address},
        f"<content:encoded><![CDATA[]]></content:encoded>{meta}",
    )


def _post(number: int, post_bytes: int) -> str:
    chance = random.Random(number)  # noqa: S311  # the same each time, no secret
    language = ("en", "be")[number % 2]
    local = FIRST + EVERY * number
    slug, post = f"story-{number}", _number_of(number)
    prefix = "" if language == "en" else "be/"
    category = chance.choice(list(CATEGORIES))
    terms = [("category", category, CATEGORIES[category]), ("language", language, language)]
    terms += [("post_tag", tag, TAGS[tag]) for tag in chance.sample(list(TAGS), 3)]
    terms.append(("post_translations", f"pll_{number // 2:06x}", f"pll_{number // 2:06x}"))
    body = _body(chance, language, post, post_bytes)
    extra = [
        f"<dc:creator><![CDATA[{chance.choice(list(AUTHORS))}]]></dc:creator>",
        f'<guid isPermaLink="false">https://old.example.org/?p={post}</guid>',
        f"<content:encoded><![CDATA[{body}]]></content:encoded>",
        f"<excerpt:encoded><![CDATA[{chance.choice(_sentences(language))}]]></excerpt:encoded>",
        *(
            f'<category domain="{domain}" nicename="{at}"><![CDATA[{name}]]></category>'
            for domain, at, name in terms
        ),
        _meta("_thumbnail_id", str(post + 1)),
        _meta("_edit_last", "1"),
        _meta("_wp_old_slug", f"draft-{number}"),
        *(_comment(each, chance, language) for each in range(COMMENTS)),
    ]
    texts = {
        "post_id": str(post),
        "post_date": f"{local:%Y-%m-%d %H:%M:%S}",
        "post_date_gmt": f"{local - OFFSET:%Y-%m-%d %H:%M:%S}",
        "post_name": slug,
        "status": "publish",
        "post_type": "post",
        "post_password": "",
        "is_sticky": "0",
    }
    link = f"https://old.example.org/{prefix}{local:%Y/%m}/{slug}/"
    return _item(f"Story {number}", link, texts, "\n".join(extra))


def _item(title: str, link: str, texts: dict[str, str], extra: str) -> str:
    inner = "".join(f"\t\t<wp:{key}><![CDATA[{text}]]></wp:{key}>\n" for key, text in texts.items())
    head = f"\t\t<title><![CDATA[{title}]]></title>\n\t\t<link>{link}</link>\n"
    return f"\t<item>\n{head}{inner}{extra}\n\t</item>\n"


def _meta(key: str, value: str) -> str:
    inner = f"<wp:meta_key><![CDATA[{key}]]></wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value>"
    return f"\t\t<wp:postmeta>{inner}</wp:postmeta>\n"


def _comment(number: int, chance: random.Random, language: str) -> str:
    texts = {"comment_id": str(number), "comment_author_email": f"r{number}@example.org"}
    return _element("wp:comment", texts | {"comment_content": chance.choice(_sentences(language))})


def _body(chance: random.Random, language: str, post: int, size: int) -> str:
    """Paragraphs of the block editor, or of the classic one; a link in many of them."""
    blocks, parts, length = post % 4 != 0, [], 0
    while length < size:
        words = chance.choice(_sentences(language))
        if chance.random() < LINKS * len(words.encode()) / size:
            day, code = FIRST + EVERY * chance.randrange(3000), chance.randrange(16**6)
            target = chance.choice(TARGETS).format(day=day.date(), code=code, number=len(parts))
            words = f'{words} <a href="{target}">{chance.choice(_sentences(language))[:40]}</a>'
        if len(parts) % HEADING_EVERY == 1:
            words = f"<h2>{words[:50].split('<')[0]}</h2>"
        elif blocks:
            words = f"<!-- wp:paragraph -->\n<p>{words}</p>\n<!-- /wp:paragraph -->"
        if len(parts) == PICTURE_AFTER:
            address = f"https://old.example.org/wp-content/uploads/2016/12/inside-{post}.jpg"
            words += f'\n\n[caption width="600"]<img src="{address}" alt="" /> Below it[/caption]'
        parts.append(words)
        length += len(words.encode()) + 2
    return "\n\n".join(parts)


@cache
def _sentences(language: str) -> list[str]:
    """The sample's paragraphs without markup."""
    files = sorted((ROOT / "content" / "issues").glob(f"*/{language}.md"))
    blocks = [block for file in files for block in file.read_text(encoding="utf-8").split("\n\n")]
    return [block for block in blocks if _PLAIN.fullmatch(block)]


SYSTEMS: dict[str, Callable[[int], Iterator[str]]] = {"wordpress": wordpress}


def main() -> None:
    """Write an export to a file."""
    parser = argparse.ArgumentParser(prog="python -m bench.exports", description=__doc__)
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--posts", type=int, default=5000)
    arguments = parser.parse_args()
    with arguments.out.open("w", encoding="utf-8") as file:
        file.writelines(SYSTEMS[arguments.system](arguments.posts))


if __name__ == "__main__":
    main()
