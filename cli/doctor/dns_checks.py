"""Whether the records of the mail domain stand in DNS as SES and receivers want them."""

from collections.abc import Iterator, Mapping

from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.lookups import Lookups, UnansweredError
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


def dkim(domain: str, identity: Identity, lookups: Lookups) -> list[Diagnosis]:
    """The CNAMEs of DKIM: without them mails are not signed, and most end as spam."""
    records = dkim_records(domain, identity)
    if not records:
        return [_no_tokens(domain)]
    try:
        wrong = [found for record in records for found in _cname(record, lookups)]
    except UnansweredError as error:
        return [_unanswered("The DKIM records", error)]
    return wrong or [Diagnosis(Level.OK, f"The DKIM records of {domain} are in DNS")]


def _no_tokens(domain: str) -> Diagnosis:
    repair = "Run make deploy: the template asks SES for keys of its own (Easy DKIM)."
    return Diagnosis(Level.WARNING, f"SES names no DKIM records for {domain}", repair)


def _cname(record: DNSRecord, lookups: Lookups) -> Iterator[Diagnosis]:
    found = lookups.targets(record.name)
    if not found:
        yield _missing(Level.FAULT, record)
    elif found != [record.value.lower()]:
        yield _wrong(Level.FAULT, record, found[0])


def mail_from(identity: Identity, region: str, lookups: Lookups) -> list[Diagnosis]:
    """MX and SPF of the MAIL FROM domain: without them SES uses its own, and SPF says nothing of ours."""
    records = mail_from_records(identity, region)
    if not records:
        return []
    exchange, policy = records
    try:
        wrong = [*_exchange(exchange, lookups), *_sender_policy(policy, lookups)]
    except UnansweredError as error:
        return [_unanswered("The MAIL FROM records", error)]
    return wrong or [Diagnosis(Level.OK, f"The MAIL FROM records of {exchange.name} are in DNS (SPF)")]


def _exchange(record: DNSRecord, lookups: Lookups) -> Iterator[Diagnosis]:
    """Source: SES Developer Guide, "Using a custom MAIL FROM domain": exactly one MX."""
    found = lookups.exchanges(record.name)
    hosts = [host for _, host in found]
    if not found:
        yield _missing(Level.WARNING, record)
    elif hosts != [record.value.partition(" ")[2]]:
        yield _wrong(Level.WARNING, record, ", ".join(hosts))


def _sender_policy(record: DNSRecord, lookups: Lookups) -> Iterator[Diagnosis]:
    """Source: RFC 7208 sections 3.2 and 4.5: several SPF records of one name are an error."""
    found = [text for text in lookups.texts(record.name) if text.lower().split(" ")[0] == SPF]
    if not found:
        yield _missing(Level.WARNING, record)
    elif len(found) > 1 or not INCLUDES_SES & set(found[0].lower().split()):
        yield _wrong(Level.WARNING, record, "; ".join(found))


def dmarc(domain: str, reports_to: str, lookups: Lookups) -> list[Diagnosis]:
    """A DMARC policy of the domain or of one above it; whoever has one keeps it."""
    advised = dmarc_record(domain, reports_to)
    try:
        name, found = _dmarc_above(domain, lookups)
    except UnansweredError as error:
        return [_unanswered("The DMARC record", error)]
    if not found:
        return [_missing(Level.WARNING, advised)]
    if len(found) > 1:
        text = f"{name} has {len(found)} DMARC records, so receivers heed none"
        return [Diagnosis(Level.WARNING, text, "Leave one of them in DNS.")]
    policy = _tags(found[0]).get("p", "").lower()
    if policy not in POLICIES:
        return [Diagnosis(Level.WARNING, f"The DMARC record of {name} names no policy", f"Write: {advised}")]
    return [Diagnosis(Level.OK, f"{name} has a DMARC policy ({policy})")]


def _dmarc_above(domain: str, lookups: Lookups) -> tuple[str, list[str]]:
    """The name and its DMARC records, of the domain or the nearest one above it that has any.

    Source: RFC 7489 section 6.6.3; where the organisation's domain begins is found by walking up.
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
    """Whether a domain of one's own leads anywhere; nothing where the site has the CDN's name."""
    record = site_record(outputs)
    if record is None:
        return []
    try:
        if lookups.addresses(record.name):
            return [Diagnosis(Level.OK, f"{record.name} is in DNS")]
    except UnansweredError as error:
        return [_unanswered(f"{record.name} in DNS", error)]
    return [_missing(Level.FAULT, record)]


def _missing(level: Level, record: DNSRecord) -> Diagnosis:
    return Diagnosis(level, f"{record.name} has no {record.kind} record", f"Put into DNS: {record}")


def _wrong(level: Level, record: DNSRecord, found: str) -> Diagnosis:
    text = f"The {record.kind} record of {record.name} says {found}"
    return Diagnosis(level, text, f"Replace it in DNS: {record}")


def _unanswered(what: str, error: UnansweredError) -> Diagnosis:
    repair = "Run it where DNS answers; whether they are there is not known."
    return Diagnosis(Level.WARNING, f"{what} could not be asked ({error})", repair)
