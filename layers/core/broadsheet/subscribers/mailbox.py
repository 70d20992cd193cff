"""Which mailbox an address leads to: for limits alone, so that one mailbox has one cool-down.

The list keeps each spelling for itself (`address.py`): mail goes where the reader wrote, and who leaves under
one spelling stays under another. A limit may join two mailboxes that differ in a dot only: they share a
cool-down, and nobody is merged or learns of it. Addresses of SES's simulator are left as they are: no mailbox
is behind them, and each probe (`probes.py`) has a label of its own.

Source: the providers' help pages. Gmail on dots and on googlemail.com; Yandex Mail on aliases (one login
under each of its domains, `.` and `-` alike); Proton on addresses (`.`, `-` and `_` say nothing); Fastmail
on subdomain addressing; Yahoo on disposable addresses (a base name, `-`, a keyword); Apple on me.com and
mac.com. Source: RFC 5233 for what stands after `+`.
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
SAYS_NOTHING = {"ya.ru": ".-", "proton.me": ".-_"}
SUBDOMAINS_OF = (".fastmail.com", ".fastmail.fm")


def mailbox_of(address: str) -> str:
    """The one spelling of the mailbox behind a normalised address; the same for its own answer."""
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
    plain = "".join(letter for letter in kept if letter not in SAYS_NOTHING.get(domain, "."))
    return f"{plain or kept}@{domain}"


def _before(local: str, sign: str) -> str:
    """What stands before the first of these signs; all of it where that would be nothing."""
    return local.partition(sign)[0] or local
