"""Which posts were not for everybody, by the marks of plugins that restrict, sell or hide.

When in doubt a post stays out. Some plugins keep what they restrict in tables of their own, which no export
has: `plugins_with_tables` names those of which there are traces.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from conversion.post import Reason
from conversion.wxr.records import Record
from conversion.wxr.words import plain

_NO = frozenset(
    {
        "",
        "0",
        "no",
        "off",
        "false",
        "none",
        "null",
        "[]",
        "a:0:{}",
        "all",
        "everybody",
        "everyone",
        "public",
        "default",
        "disabled",
        "n",
        "visible",
        "show",
        "anyone",
    }
)
_YES = frozenset(
    {
        "1",
        "yes",
        "on",
        "true",
        "members",
        "members-only",
        "paid",
        "subscribers",
        "subscriber",
        "private",
        "premium",
    }
    | {"protected", "hidden", "logged-in", "logged_in", "loggedin", "restricted", "registered", "password"}
)
_ABOUT_ACCESS = re.compile(
    r"member|restrict|paywall|premium|subscriber|logged_?in|paid|access|visib|protect|private|patron",
    re.IGNORECASE,
)
_ONLY_ABOUT_ACCESS = re.compile(  # anything but a no restricts: the name of a level, a password
    r"restrict|paywall|protect|password|logged_?in|(?:members?|subscribers?)[_-]?only|(?:access|member\w*)[_-]?level"
    r"|(?:newspack|content|membership)[_-]gate|_content_protector|laterpay_post_price|mycred_sell",
    re.IGNORECASE,
)
_LIMITED = re.compile(r"member|subscriber|premium|private|logged|regist|protect|restrict", re.IGNORECASE)
_LONGEST_LIMIT = 60  # letters; what is longer is a text
_NOT_OF_THE_POST = re.compile(r"force_public|count|excerpt|message|_error\Z|email", re.IGNORECASE)

_SHORTCODE = re.compile(r"\[/?([A-Za-z][\w-]{0,60})([^\[\]]{0,2000})\]")
_GATE = re.compile(
    r"\[/?(?:s2If|s2Member|mepr|mm_|MM_|memb_|wlm_|wcm_|um_|pms-|rcp_|swpm|ihc-|memberful|wpmem|pmpro|accessally"
    r"|leaky_paywall|armif|armrestrict|arm_restrict|patreon|is_paid|not_paid|emember|optimizemember|wishlist|wlmember)",
    re.IGNORECASE,
)
_GATING_NAME = re.compile(
    r"member|restrict|paywall|premium|subscriber|logged[_-]?in|loggedin|protect|private|hide|hidden"
    r"|patron|password|visitor|access|locker|unlock|content[_-]control|eyes?[_-]?only|user[_-]?only"
    r"|to[_-](?:view|read|see)"
    r"|(?:\A|[_-])(?:lock(?:ed)?|paid|ppv|gate[ds]?|guests?|vip|donors?|supporters?|roles?|registered|ifuser|sell|level"
    r"|pay[_-](?:for|per|to)|dap|passster|opanda)(?:\Z|[_-])",
    re.IGNORECASE,
)
_GATING_ATTRIBUTE = re.compile(r"\b(?:roles?|capability|memberships?|logged_?in|password)\s*=", re.IGNORECASE)
_HARMLESS = re.compile(
    r"protected-iframe\Z|team|staff|accessib|guest[_-]?(?:author|post|book)", re.IGNORECASE
)
_BLOCK = re.compile(r"<!--\s*wp:([\w/-]+)")
_GATING_BLOCK = re.compile(
    r"premium-content|paywall|membership|restrict|members|memberpress|groups-member|ultimate-member|pmpro|memberful"
    r"|content-control|logged-?in|patreon|passster|password|protect|private|subscribers?-only|subscriber-content|unlock"
    r"|(?:\A|[/-])(?:lock(?:ed)?|gate[ds]?|paid)(?:\Z|[/-])",
    re.IGNORECASE,
)
_HIDING_SIGNS = (
    *(
        '"hideBlock":true',
        '"blockVisibility":false',
        '"loggedout":false',
        '"contentControls":{"enabled":true',
    ),
    *('"otterConditions":[[{', '"control":"user_role"', '"conditionalBlocks":[{', '"kadenceConditional":{'),
    *('"conditionalBlocksAttributes":[{', "___STEADY_PAYWALL___"),
)
_FOR_A_ROLE = re.compile(r"\"(?:visibilityByRole|blockPermissionsCondition)\":\"(?!(?:public|all)?\")")
_HIDING_COMMENT = re.compile(
    r"<!--(?!\s*/?wp:)[^>]{0,80}(?:paywall|members?[ -]only)[^>]{0,80}-->", re.IGNORECASE
)
_GATING_TERM = re.compile(
    r"^(?:private|confidential)$|^premium(?:[ -](?:content|articles?|posts?))?$"
    r"|\b(?:members|subscribers|patrons|supporters)[ -]?only\b"
    r"|\bfor[ -](?:members|subscribers|patrons|supporters)\b|paywall|\bpaid[ -](?:content|articles?|posts?)"
    r"|для (?:подписчиков|падпісчыкаў|перадплатнікаў|підписників)",
    re.IGNORECASE | re.MULTILINE,
)
_PAID = re.compile(r"paid|patreon|patron|paywall|premium|steady", re.IGNORECASE)
_SETTING_ON = re.compile(r'"_um_custom_access_settings";(?:b:1|i:1|s:1:"1"|s:2:"on")')
_FOR_EVERYBODY = re.compile(r'"_um_accessible";(?:i:0|s:1:"0")')
_LEAKY = re.compile(r'"(?:only|always|onlyalways|specific)"', re.IGNORECASE)


def _says_more_than_no(value: str) -> bool:
    return value.lower() not in _NO


def _says_yes(value: str) -> bool:
    is_about_readers = len(value) <= _LONGEST_LIMIT and _LIMITED.search(value)
    return value.lower() in _YES or bool(is_about_readers)


def _ultimate_member(value: str) -> bool:
    return bool(_SETTING_ON.search(value)) and not _FOR_EVERYBODY.search(value)


_FIELDS: tuple[tuple[str, Callable[[str], bool]], ...] = (  # how custom fields begin, and when they restrict
    ("_jetpack_newsletter_access", _says_more_than_no),
    ("_jetpack_memberships_contains_pa", _says_more_than_no),
    ("patreon-level", _says_more_than_no),
    ("_is_paid", _says_more_than_no),
    ("rcp_subscription_level", _says_more_than_no),
    ("rcp_access_level", _says_more_than_no),
    ("rcp_user_level", _says_more_than_no),
    ("rcpUserLevel", _says_more_than_no),
    ("um_content_restriction", _ultimate_member),
    ("_um_custom_access_settings", _says_more_than_no),
    ("_members_access_role", bool),
    ("_members_access_all_logged_in", _says_more_than_no),
    ("_wpmem_block", _says_more_than_no),
    ("pms-content-restrict-user-status", _says_more_than_no),
    ("pms-content-restrict-subscription-plan", _says_more_than_no),
    ("pms-content-restrict-all-subscription-plans", _says_more_than_no),
    ("memberful_acl", _says_more_than_no),
    ("_memberful_acl", _says_more_than_no),
    ("groups-read", bool),
    ("_groups-read", bool),
    ("groups-groups_read_post", bool),
    ("_issuem_leaky_paywall_visibility", lambda value: bool(_LEAKY.search(value))),
    ("ihc_mb_who", bool),
    ("_ihc_mb_who", bool),
    ("passster_activate_protection", _says_more_than_no),
)
_TRACE = re.compile(r"\[(pmpro|swpm|wlm|wishlist|s2member|s2if|wcm|restrict)[_ ]", re.IGNORECASE)
_PLUGINS = {  # that keep rules in tables, by how their shortcodes begin
    "pmpro": "Paid Memberships Pro",
    "swpm": "Simple Membership",
    "wlm": "WishList Member",
    "wishlist": "WishList Member",
    "s2member": "s2Member",
    "s2if": "s2Member",
    "wcm": "WooCommerce Memberships",
    "restrict": "Restrict User Access",
}
_KINDS = {
    "wc_membership_plan": "WooCommerce Memberships",
    "wc_user_membership": "WooCommerce Memberships",
    "restriction": "Restrict User Access",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What MemberPress restricts: a `kind` such as `single_post` or `category`, and an id or a slug."""

    kind: str
    content: str


def rule_in(record: Record) -> Rule | None:
    """MemberPress's rule in an item of its kind."""
    if record.text("wp:post_type") != "memberpressrule" or record.text("wp:status") not in {"publish", ""}:
        return None
    return Rule(record.first("_mepr_rules_type"), record.first("_mepr_rules_content"))


def plugins_with_tables(record: Record) -> Iterator[str]:
    """The plugins of whose tables an item has traces."""
    kind, text = record.text("wp:post_type"), record.fields.get("content:encoded", "")
    if kind in _KINDS:
        yield _KINDS[kind]
    if "wp:pmpro/" in text:
        yield _PLUGINS["pmpro"]
    for trace in _TRACE.finditer(text):
        yield _PLUGINS[trace[1].lower()]


def restriction_of(record: Record, rules: tuple[Rule, ...], shown: str) -> tuple[Reason, str] | None:
    """Why a post was not for everybody; None if nothing says so. `shown` is its text with its patterns."""
    mark, value = _in_fields(record)
    mark = mark or _in_text(shown) or _in_terms(record)
    if not mark and (rule := next((rule for rule in rules if _applies(rule, record)), None)):
        mark = f"a rule of MemberPress ({rule.kind})"
    if not mark:
        return None
    return (Reason.PAID if _PAID.search(mark + value) else Reason.MEMBERS_ONLY), mark


def _in_fields(record: Record) -> tuple[str, str]:
    """A custom field that restricts, and its value."""
    for key, values in record.meta.items():
        own = next((judge for begin, judge in _FIELDS if key.startswith(begin)), None)
        judge = own or _judge_of(key)
        for value in map(str.strip, values):
            if judge and judge(value):
                return f"its field {key}", value
    return "", ""


def _judge_of(key: str) -> Callable[[str], bool] | None:
    """When a field of a plugin that is not known restricts; None if it is about something else."""
    if _NOT_OF_THE_POST.search(key):
        return None
    if _ONLY_ABOUT_ACCESS.search(key):
        return _says_more_than_no
    return _says_yes if _ABOUT_ACCESS.search(key) else None


def _in_text(text: str) -> str:
    for block in sorted({*_BLOCK.findall(text)}):
        if _GATING_BLOCK.search(block):
            return f"a block in its text, {block}"
    hides = any(sign in text for sign in _HIDING_SIGNS)
    if hides or _FOR_A_ROLE.search(text) or _HIDING_COMMENT.search(text):
        return "a mark of a hidden part in its text"
    if "[" not in text:
        return ""
    if found := _GATE.search(text):
        return f"a shortcode in its text, {found[0]}...]"
    for shortcode in _SHORTCODE.finditer(text):
        name, attributes = shortcode[1], shortcode[2].strip()
        if attributes not in {"", "/"} and "=" not in attributes:
            continue
        is_named_so = not _HARMLESS.match(name) and _GATING_NAME.search(name)
        if is_named_so or _GATING_ATTRIBUTE.search(attributes):
            return f"a shortcode in its text, [{name}]"
    return ""


def _in_terms(record: Record) -> str:
    for term in record.terms:
        is_about_access = _ABOUT_ACCESS.search(term.domain) and _says_more_than_no(term.slug or term.name)
        is_named_so = term.domain in {"category", "post_tag", "tag", ""} and _GATING_TERM.search(
            f"{term.slug}\n{term.name}"
        )
        if is_about_access or is_named_so:
            return f"its category or tag “{plain(term.name)}”"
    return ""


def _applies(rule: Rule, record: Record) -> bool:
    if rule.kind in {"all", "all_post"}:
        return True
    if rule.kind == "single_post":
        return rule.content == record.text("wp:post_id")
    if rule.kind in {"category", "tag"} or rule.kind.startswith("tax_"):
        return any(rule.content in {term.slug, term.name} for term in record.terms)
    if rule.kind == "custom":
        beginning = re.split(r"[\\^$.*+?()\[\]{}|]", rule.content.lstrip("^"))[0]
        return len(beginning) > 1 and urlsplit(record.text("link")).path.startswith(beginning)
    return False
