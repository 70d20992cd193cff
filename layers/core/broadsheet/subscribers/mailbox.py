"""The mailbox of an address, used by limits only: all spellings of one mailbox share a cool-down.

The list stores each spelling apart (`address.py`): mail goes to the address that the reader wrote, and
whoever leaves with one spelling stays with another. Two mailboxes that differ in a dot may share a cool-down;
they are never merged. Addresses of SES's mailbox simulator are not changed: each probe (`probes.py`) has its
own label.

Source: the providers' help pages. Gmail on dots and on googlemail.com; Yandex Mail on aliases (one login
under each of its domains, `.` and `-` alike); Proton on addresses (`.`, `-` and `_` are ignored); Fastmail
on subdomain addressing; Yahoo on disposable addresses (a base name, `-`, a keyword); Apple on me.com and
mac.com. Source: RFC 5233 for the part after `+`.
"""

from broadsheet.probes import SIMULATOR

_YANDEX = ("ru", "com", "by", "kz", "ua", "uz", "az", "com.am", "com.ge", "co.il", "com.tr", "md", "ee", "fr")
SAME_DOMAINS = {
    "googlemail.com": "gmail.com",
    **{f"yandex.{ending}": "ya.ru" for ending in (*_YANDEX, "lt", "lv", "pl", "tj", "tm", "kg")},
    "narod.ru": "ya.ru",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "pm.me": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
IGNORED_SIGNS = {"ya.ru": ".-", "proton.me": ".-_"}
SUBDOMAINS_OF = (".fastmail.com", ".fastmail.fm")


def mailbox_of(address: str) -> str:
    """The one spelling of the mailbox of a normalised address; a second call changes nothing."""
    local, _, domain = address.lower().rpartition("@")
    if domain == SIMULATOR:
        return address.lower()
    domain = SAME_DOMAINS.get(domain, domain)
    for parent in SUBDOMAINS_OF:
        if domain.endswith(parent):
            local, domain = domain.removesuffix(parent).rpartition(".")[2], parent[1:]
    kept = _before(local, "+")
    if domain.startswith(("yahoo.", "ymail.", "rocketmail.")):
        kept = _before(kept, "-")
    plain = "".join(letter for letter in kept if letter not in IGNORED_SIGNS.get(domain, "."))
    return f"{plain or kept}@{domain}"


def _before(local: str, sign: str) -> str:
    """The part before the first such sign; the whole if that part is empty."""
    return local.partition(sign)[0] or local
