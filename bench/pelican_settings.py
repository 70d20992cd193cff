"""Pelican with its plainest theme, without feeds and pages of tags and authors."""

SITENAME = "The Ninth Bridge"
SITEURL = "https://ninthbridge.example.org"
TIMEZONE = "Europe/Vilnius"
THEME = "simple"
PATH_METADATA = r"(?P<slug>(?P<category>\w+)/(?P<date>[\d-]+))\.md"
ARTICLE_URL = ARTICLE_SAVE_AS = "{category}/{date:%Y-%m-%d}/index.html"
DEFAULT_PAGINATION = 50
DIRECT_TEMPLATES = ["index", "archives", "categories"]
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
TAG_SAVE_AS = AUTHOR_SAVE_AS = ""
MARKDOWN = {"extension_configs": {"markdown.extensions.extra": {}, "markdown.extensions.meta": {}}}
