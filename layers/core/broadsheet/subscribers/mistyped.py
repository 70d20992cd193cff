"""Finds the address that somebody probably meant, if its domain is a well-known one with a slip in it.

Domains are compared with the list below: nothing is looked up, and nothing depends on who subscribed.

Slips: a letter that is missing, too much, wrong or swapped with its neighbour; a wrong ending; a comma or
nothing in place of the dot; letters of another alphabet that look the same; a keyboard that was still in
Russian or Belarusian.
"""

from collections.abc import Iterator

from broadsheet.subscribers.address import AddressError, normalise

KNOWN = (
    *(
        "gmail.com",
        "googlemail.com",
        "yandex.ru",
        "yandex.by",
        "yandex.com",
        "yandex.kz",
        "yandex.ua",
        "ya.ru",
    ),
    *("mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru", "rambler.ru", "vk.com", "tut.by", "mail.by"),
    *("proton.me", "protonmail.com", "pm.me", "tuta.com", "tutanota.com", "tutamail.com", "riseup.net"),
    *("outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com", "yahoo.com"),
    *("ymail.com", "aol.com", "mail.com", "email.com", "zoho.com", "fastmail.com", "disroot.org"),
    *("wp.pl", "o2.pl", "onet.pl", "onet.eu", "op.pl", "vp.pl", "interia.pl", "gazeta.pl", "poczta.fm"),
    *("inbox.lt", "inbox.lv", "one.lt", "takas.lt", "zebra.lt", "delfi.lt", "mail.lt", "mail.ee"),
    *("gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "posteo.de"),
    *("mailbox.org", "outlook.de", "hotmail.de", "yahoo.de", "seznam.cz", "ukr.net", "i.ua", "meta.ua"),
)
WITHOUT_OTHER_ENDINGS = ("gmail.com", "icloud.com")
SLIPS = {  # typed endings for each right one
    "com": (
        "con",
        "cmo",
        "cpm",
        "vom",
        "xom",
        "cim",
        "clm",
        "ocm",
        "comm",
        "coom",
        "ccom",
        "cok",
        "c0m",
        "cm",
        "co",
        "om",
        "c",
        "ком",
    ),
    "ru": ("ri", "ry", "tu", "ur", "rru", "ruu", "r", "u", "ру"),
    "by": ("bu", "vy", "ny", "yb", "bby", "byy", "b", "бу"),
    "pl": ("ol", "lp", "pll", "ppl", "p"),
    "de": ("ed", "dee", "fe", "dr", "d"),
    "lt": ("ltt", "llt", "l"),
    "net": ("ner", "nte", "ent", "nett", "met", "ne"),
    "org": ("ogr", "rog", "orgg", "prg", "og"),
    "me": ("em", "mee"),
}
SHORTEST_NAME = 5  # of a name in which a slip is looked for: shorter ones resemble too many others
LOOK_ALIKES = str.maketrans("аеорсухкмтвніѕјԁ", "aeopcyxkmtbhisjd")
KEYS = str.maketrans(
    'йцукенгшщзхъфывапролджэячсмитьбюўі"', "qwertyuiop[]asdfghjkl;'zxcvbnm,.ob@"
)  # what a Russian or Belarusian keyboard writes, and what the same keys write in Latin


def meant(typed: str) -> str:
    """The normalised address that was probably meant; "" if it is the typed one, or unclear."""
    is_foreign = not any(letter.isascii() and letter.isalpha() for letter in typed)
    local, at, domain = (typed.lower().translate(KEYS) if is_foreign else typed).strip().rpartition("@")
    known = next((found for spelled in _spellings(domain) if (found := _known(spelled))), "")
    if not at or not known:
        return ""
    found = _normalised(f"{local}@{known}")
    return "" if found == _normalised(typed) else found


def _normalised(address: str) -> str:
    try:
        return normalise(address)
    except AddressError:
        return ""


def _spellings(domain: str) -> Iterator[str]:
    """The domain in Latin letters: as typed, by the looks of its letters, by their keys."""
    plain = "".join(_decoded(domain).lower().replace(",", ".").split()).strip(".")
    yield from (plain, plain.translate(LOOK_ALIKES), plain.translate(KEYS).replace(",", "."))


def _decoded(domain: str) -> str:
    """The domain without Punycode, which browsers make of other letters."""
    try:
        return domain.encode().decode("idna") if "xn--" in domain.lower() else domain
    except UnicodeError:
        return domain


def _known(domain: str) -> str:
    """The known domain that this one is, or is a slip for; with the same ending rather than another."""
    if domain in KNOWN:
        return domain
    ending = domain.partition(".")[2]
    found = [known for known in KNOWN if _is_slip(domain, known)]
    return next((known for known in found if known.partition(".")[2] == ending), next(iter(found), ""))


def _is_slip(domain: str, known: str) -> bool:
    if domain.replace(".", "") == known.replace(".", ""):
        return True
    (name, _, ending), (right, _, right_ending) = domain.partition("."), known.partition(".")
    if name == right and known in WITHOUT_OTHER_ENDINGS:
        return True
    is_name = name == right or (len(right) >= SHORTEST_NAME and _differs_by_one(name, right))
    return is_name and (ending == right_ending or ending in SLIPS.get(right_ending, ()))


def _differs_by_one(typed: str, right: str) -> bool:
    """Whether in two different words one letter is missing, too much, wrong, or swapped with the next."""
    if len(typed) == len(right):
        place = next((at for at, letter in enumerate(typed) if letter != right[at]), len(typed))
        swapped = typed[:place] + typed[place : place + 2][::-1] + typed[place + 2 :]
        return typed[place + 1 :] == right[place + 1 :] or swapped == right
    short, long = sorted((typed, right), key=len)
    return len(long) - len(short) == 1 and any(
        long[:place] + long[place + 1 :] == short for place in range(len(long))
    )
