"""Pelican as light as it goes: its plainest theme, no feeds, no pages for tags and authors."""

SITENAME = "The Ninth Bridge"
SITEURL = "https://ninthbridge.example.org"
TIMEZONE = "Europe/Vilnius"
THEME = "simple"
ARTICLE_URL = ARTICLE_SAVE_AS = "{category}/{date:%Y-%m-%d}/index.html"
DEFAULT_PAGINATION = 50
DIRECT_TEMPLATES = ["index", "archives", "categories"]
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
TAG_SAVE_AS = AUTHOR_SAVE_AS = ""
MARKDOWN: dict[str, dict[str, dict[str, str]]] = {
    "extension_configs": {"markdown.extensions.extra": {}, "markdown.extensions.meta": {}}
}
