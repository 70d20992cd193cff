"""Whether DNS has the records of the mail domain and of the site as SES, receivers and readers need them."""

from collections.abc import Iterator, Mapping

from cli.doctor.calls import check
from cli.doctor.diagnosis import Diagnosis, Level, ok, warning
from cli.doctor.lookups import Lookups
from infrastructure.dns_records import (
    DNSRecord,
    Identity,
    dkim_records,
    dmarc_record,
    mail_from_records,
    site_record,
)

SPF, DMARC = "v=spf1", "v=dmarc1"
INCLUDES_SES = {"include:amazonses.com", "+include:amazonses.com"}
POLICIES = ("none", "quarantine", "reject")
LEAST_LABELS = 2  # of a domain that somebody owns


@check("The DKIM records")
def dkim(domain: str, identity: Identity, lookups: Lookups) -> list[Diagnosis]:
    """The CNAMEs of DKIM: without them mails are not signed, and most end as spam."""
    records = dkim_records(domain, identity)
    if not records:
        repair = "Run make deploy: the template asks SES for keys of its own (Easy DKIM)."
        return [warning(f"SES names no DKIM records for {domain}", repair)]
    wrong = [problem for record in records for problem in _cname(record, lookups)]
    return wrong or [ok(f"The DKIM records of {domain} are in DNS")]


def _cname(record: DNSRecord, lookups: Lookups) -> Iterator[Diagnosis]:
    found = lookups.targets(record.name)
    if not found:
        yield _missing(Level.FAULT, record)
    elif found != [record.value.lower()]:
        yield _wrong(Level.FAULT, record, found[0])


@check("The MAIL FROM records")
def mail_from(identity: Identity, region: str, lookups: Lookups) -> list[Diagnosis]:
    """MX and SPF of the MAIL FROM domain: without them SES uses its own, and SPF is not about ours."""
    records = mail_from_records(identity, region)
    if not records:
        return []
    mx, spf = records
    wrong = [*_mx(mx, lookups), *_spf(spf, lookups)]
    return wrong or [ok(f"The MAIL FROM records of {mx.name} are in DNS (SPF)")]


def _mx(record: DNSRecord, lookups: Lookups) -> Iterator[Diagnosis]:
    """Source: SES Developer Guide, "Using a custom MAIL FROM domain": exactly one MX."""
    hosts = [host for _, host in lookups.exchanges(record.name)]
    if not hosts:
        yield _missing(Level.WARNING, record)
    elif hosts != [record.value.partition(" ")[2]]:
        yield _wrong(Level.WARNING, record, ", ".join(hosts))


def _spf(record: DNSRecord, lookups: Lookups) -> Iterator[Diagnosis]:
    """Source: RFC 7208 sections 3.2 and 4.5: several SPF records of one name are an error."""
    found = [text for text in lookups.texts(record.name) if text.lower().split(" ")[0] == SPF]
    if not found:
        yield _missing(Level.WARNING, record)
    elif len(found) > 1 or not INCLUDES_SES & set(found[0].lower().split()):
        yield _wrong(Level.WARNING, record, "; ".join(found))


@check("The DMARC record")
def dmarc(domain: str, reports_to: str, lookups: Lookups) -> Iterator[Diagnosis]:
    """A DMARC policy of the domain or of one above it; an existing policy is never to be replaced."""
    advised = dmarc_record(domain, reports_to)
    name, found = _dmarc_above(domain, lookups)
    if not found:
        yield _missing(Level.WARNING, advised)
    elif len(found) > 1:
        text = f"{name} has {len(found)} DMARC records, so receivers ignore them all"
        yield warning(text, "Keep one of them in DNS.")
    elif (policy := _tags(found[0]).get("p", "").lower()) in POLICIES:
        yield ok(f"{name} has a DMARC policy ({policy})")
    else:
        yield warning(f"The DMARC record of {name} names no policy", f"Write: {advised}")


def _dmarc_above(domain: str, lookups: Lookups) -> tuple[str, list[str]]:
    """The name and its DMARC records, of the domain or the nearest one above it that has any.

    Source: RFC 7489 section 6.6.3; the search walks up until two labels are left.
    """
    labels = domain.split(".")
    for start in range(max(len(labels) - LEAST_LABELS, 0) + 1):
        name = f"_dmarc.{'.'.join(labels[start:])}"
        if found := [text for text in lookups.texts(name) if _is_dmarc(text)]:
            return name, found
    return f"_dmarc.{domain}", []


def _is_dmarc(text: str) -> bool:
    return text.lower().replace(" ", "").partition(";")[0] == DMARC


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def site(outputs: Mapping[str, str], lookups: Lookups) -> list[Diagnosis]:
    """Whether a custom domain resolves; nothing if the site has the CDN's name."""
    record = site_record(outputs)
    return _resolves(record, lookups) if record else []


@check("{record.name} in DNS")
def _resolves(record: DNSRecord, lookups: Lookups) -> list[Diagnosis]:
    if lookups.addresses(record.name):
        return [ok(f"{record.name} is in DNS")]
    return [_missing(Level.FAULT, record)]


def _missing(level: Level, record: DNSRecord) -> Diagnosis:
    return Diagnosis(level, f"{record.name} has no {record.kind} record", f"Put into DNS: {record}")


def _wrong(level: Level, record: DNSRecord, found: str) -> Diagnosis:
    text = f"The {record.kind} record of {record.name} says {found}"
    return Diagnosis(level, text, f"Replace it in DNS: {record}")
