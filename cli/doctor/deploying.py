"""What deploying asks of the doctor: before, whether it can go well; after, what only a person can do."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from broadsheet.newsletter import Newsletter
from cli.doctor import alarms, certificate, dns_records, identity, quotas
from cli.doctor.asking import asked, clients_of
from cli.doctor.cdn import cdn
from cli.doctor.closer_identities import closer_identities
from cli.doctor.credentials import credentials
from cli.doctor.finding import Finding, Level
from cli.doctor.lookups import Lookups, system_lookups
from cli.doctor.ownership import domain_is_free
from cli.stack import stack_name
from infrastructure.dns_records import Record, mail_records, site_record

COULD_NOT_ASK = "could not be asked"


def preflight(
    session: Any,  # noqa: ANN401  # boto3's Session is not typed here
    region: str,
    parameters: Mapping[str, str],
    newsletter: Newsletter,
    *,
    is_first: bool = False,
) -> list[Finding]:
    """What can be known before anything is created; deploy nothing if one of them is a fault.

    `parameters` are those of template.yaml as they would be deployed; `is_first` where there is no
    stack yet. Reads only; a second call asks again.
    """
    clients = clients_of(session, region)
    found, clock = credentials(clients("sts"), region, datetime.now(UTC))
    if any(one.is_fault for one in found):
        return [*found, clock]
    domain = parameters.get("MailDomain") or newsletter.sender.rpartition("@")[2]
    return [
        *found,
        *quotas.lambda_concurrency(clients("lambda"), parameters),
        *quotas.ses_account(clients("sesv2"), region, parameters),
        *domain_is_free(clients, domain, stack_name()),
        *certificate.certificate(clients, parameters),
        *cdn(clients("cloudfront"), is_first=is_first),
        clock,
    ]


def after_deploying(
    session: Any,  # noqa: ANN401  # boto3's Session is not typed here
    outputs: Mapping[str, str],
    parameters: Mapping[str, str],
    newsletter: Newsletter,
    lookups: Lookups | None = None,
) -> list[Finding]:
    """What is left to do after deploying: everything but what is in order already.

    `outputs` and `parameters` are the stack's; DNS is asked of this machine's resolver unless another is
    given. Where DNS does not answer, all records are to be done, for nobody knows which are there. Reads
    only; a second call asks again.
    """
    region = session.region_name
    clients = clients_of(session, region)
    found = [
        *_mail_domain(clients("sesv2"), region, outputs, newsletter, lookups or system_lookups()),
        *closer_identities(clients("sesv2"), newsletter.sender, outputs["MailIdentityDomain"]),
        *quotas.ses_account(clients("sesv2"), region, parameters),
        *(alarms.alarm_address(clients("sns"), outputs["AlarmTopic"]) if "AlarmTopic" in outputs else []),
    ]
    return [one for one in found if one.level is not Level.OK]


def _mail_domain(
    ses: Any,  # noqa: ANN401  # as boto3's Session
    region: str,
    outputs: Mapping[str, str],
    newsletter: Newsletter,
    lookups: Lookups,
) -> list[Finding]:
    domain = outputs["MailIdentityDomain"]

    def check() -> list[Finding]:
        known = identity.identity_of(ses, domain)
        if known is None:
            return [identity.missing(domain)]
        in_dns = [
            *dns_records.site(outputs, lookups),
            *dns_records.dkim(domain, known, lookups),
            *dns_records.mail_from(known, region, lookups),
            *dns_records.dmarc(domain, newsletter.reply_to, lookups),
        ]
        if lookups.has_failed:
            site = site_record(outputs)
            records = mail_records(domain, known, region, newsletter.reply_to)
            return list(_all_to_do([*([site] if site else []), *records]))
        wrong = [replace(one, level=Level.TODO) for one in in_dns if one.level is not Level.OK]
        said = [identity.verified(domain, known), identity.mail_from(domain, known)]
        return [*said, *wrong, identity.forwarding(known)]

    return asked(f"The identity {domain}", check)


def _all_to_do(records: list[Record]) -> Iterator[Finding]:
    for record in records:
        text = f"Whether {record.name} has its {record.kind} record {COULD_NOT_ASK}"
        yield Finding(Level.TODO, text, f"Put into DNS unless it is there: {record}")
