"""What an export has for its posts, which comes anywhere in it: attachments, authors, terms and rules."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conversion.wxr.addresses import Categories, without_host
from conversion.wxr.languages import code_of_term, duplicate_of, language_in, uses_wpml
from conversion.wxr.members import Rule, plugins_with_tables, rule_in
from conversion.wxr.records import Record
from conversion.wxr.words import plain

LONGEST_PATTERN = 100_000
_SHOWN_ATTACHMENTS = ("inherit", "publish", "")  # not in the trash, nor private
_ADDRESS = re.compile(r"\S@\S|://|\bwww\.")


@dataclass(slots=True)
class Index:
    """Everything that posts refer to; `channel` has the texts at the head of the export."""

    channel: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of authors, by login
    emails: set[str] = field(default_factory=set)  # of authors, which no text may show
    author_numbers: list[str] = field(default_factory=list)
    pictures: dict[str, tuple[str, str]] = field(default_factory=dict)  # address and alt text, by number
    attached: dict[str, list[str]] = field(
        default_factory=dict
    )  # numbers of attachments, by that of their post
    patterns: dict[str, str] = field(default_factory=dict)  # synced patterns of the block editor, by number
    codes: dict[str, str] = field(default_factory=dict)  # Polylang's languages, by slug
    categories: Categories = field(default_factory=Categories)
    slugs: dict[str, str] = field(default_factory=dict)  # of categories and tags, by number
    permalinks: set[str] = field(default_factory=set)  # of public posts, without a host
    originals: set[str] = field(default_factory=set)  # posts of which WPML has copies
    plugins_with_tables: dict[str, None] = field(default_factory=dict)
    wpml: bool = False
    languages_in_addresses: set[str] = field(default_factory=set)
    _rules: list[Rule] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The path of the blog: `/`, or `/blog/`."""
        path = urlsplit(self._blog).path.strip("/")
        return f"/{path}/" if path else "/"

    @property
    def hosts(self) -> frozenset[str]:
        """The blog's host, with and without `www.`."""
        host = (urlsplit(self._blog).hostname or "").removeprefix("www.")
        return frozenset({host, f"www.{host}"} if host else ())

    @property
    def _blog(self) -> str:
        return self.channel.get("wp:base_blog_url") or self.channel.get("link", "")

    def rules(self) -> tuple[Rule, ...]:
        """The rules, with slugs for the numbers of terms."""
        of_terms = {"category", "tag"}
        return tuple(
            Rule(rule.kind, self.slugs.get(rule.content, rule.content)) if rule.kind in of_terms else rule
            for rule in self._rules
        )

    @property
    def unnamed_language(self) -> str:
        """The language of posts whose addresses name none: that of the site, unless addresses name it."""
        code = self.channel.get("language", "").partition("-")[0].lower()
        return "" if code in self.languages_in_addresses else code

    def add(self, record: Record) -> None:
        """Keeps what a record says about others."""
        match record.kind:
            case "wp:author":
                self._add_author(record)
            case "wp:category":
                slug, number = record.text("wp:category_nicename"), record.text("wp:term_id")
                self.slugs[number] = slug
                self.categories.names[slug] = plain(record.text("wp:cat_name"))
                self.categories.parents[slug] = record.text("wp:category_parent")
                if number.isdigit():
                    self.categories.numbers[slug] = number
            case "wp:tag":
                self.slugs[record.text("wp:term_id")] = record.text("wp:tag_slug")
            case "wp:term":
                if record.text("wp:term_taxonomy") == "language":
                    self.codes[record.text("wp:term_slug")] = code_of_term(record)
            case _:
                self._add_item(record)

    def _add_author(self, record: Record) -> None:
        name = record.text("wp:author_display_name")
        self._add_name(record.text("wp:author_login"), name, record.text("wp:author_email"))
        if (number := record.text("wp:author_id")).isdigit():
            self.author_numbers.append(number)

    def _add_name(self, login: str, shown: str, email: str) -> None:
        """Keeps a display name, unless it is the login, an address or the beginning of one."""
        self.emails.update({email.casefold()} - {""})
        name = plain(shown)
        private = {"", login.casefold(), email.partition("@")[0].casefold()}
        if name.casefold() not in private and not _ADDRESS.search(name):
            self.names[login.casefold()] = name

    def _add_item(self, record: Record) -> None:
        self.wpml = self.wpml or uses_wpml(record)
        self.plugins_with_tables |= dict.fromkeys(plugins_with_tables(record))
        if original := duplicate_of(record):
            self.originals.add(original)
        if rule := rule_in(record):
            self._rules.append(rule)
        match record.text("wp:post_type"):
            case "post" if record.text("wp:status") == "publish":
                self.permalinks.add(without_host(record.text("link")))
                self.languages_in_addresses.add(language_in(record.text("link")))
            case "attachment" if record.text("wp:status") in _SHOWN_ATTACHMENTS:
                number = record.text("wp:post_id")
                address = record.text("wp:attachment_url") or record.text("guid")
                self.pictures[number] = (address, plain(record.first("_wp_attachment_image_alt")))
                self.attached.setdefault(record.text("wp:post_parent"), []).append(number)
            case "wp_block" if _is_public(record):
                text = record.fields.get("content:encoded", "")
                self.patterns[record.text("wp:post_id")] = text[:LONGEST_PATTERN]
            case "guest-author":  # of Co-Authors Plus
                login, email = record.first("cap-user_login"), record.first("cap-user_email")
                self._add_name(login, record.first("cap-display_name"), email)


def _is_public(record: Record) -> bool:
    return record.text("wp:status") == "publish" and not record.fields.get("wp:post_password")
