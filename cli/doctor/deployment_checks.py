"""What deploying asks of the doctor: before, whether it can go well; after, what only a person can do."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from broadsheet.newsletter import Newsletter
from cli.doctor import alarms, certificate, dns_checks, mail_identity, quotas
from cli.doctor.aws_calls import clients_of, run_check
from cli.doctor.cdn import cdn
from cli.doctor.credentials import credentials
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.lookups import Lookups, system_lookups
from cli.doctor.overriding_identities import overriding_identities
from cli.doctor.ownership import domain_is_free
from cli.stack import stack_name
from infrastructure.dns_records import DNSRecord, mail_records, site_record

COULD_NOT_ASK = "could not be asked"


def preflight(
    session: Any,  # noqa: ANN401  # boto3's Session is not typed here
    region: str,
    parameters: Mapping[str, str],
    newsletter: Newsletter,
    *,
    is_first: bool = False,
) -> list[Diagnosis]:
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
) -> list[Diagnosis]:
    """What is left to do after deploying: everything but what is in order already.

    `outputs` and `parameters` are the stack's; DNS is asked of this machine's resolver unless another is
    given. Where DNS does not answer, all records are to be done, for nobody knows which are there. Reads
    only; a second call asks again.
    """
    region = session.region_name
    clients = clients_of(session, region)
    found = [
        *_mail_domain(clients("sesv2"), region, outputs, newsletter, lookups or system_lookups()),
        *overriding_identities(clients("sesv2"), newsletter.sender, outputs["MailIdentityDomain"]),
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
) -> list[Diagnosis]:
    domain = outputs["MailIdentityDomain"]

    def check() -> list[Diagnosis]:
        known = mail_identity.identity_of(ses, domain)
        if known is None:
            return [mail_identity.missing(domain)]
        in_dns = [
            *dns_checks.site(outputs, lookups),
            *dns_checks.dkim(domain, known, lookups),
            *dns_checks.mail_from(known, region, lookups),
            *dns_checks.dmarc(domain, newsletter.reply_to, lookups),
        ]
        if lookups.has_failed:
            site = site_record(outputs)
            records = mail_records(domain, known, region, newsletter.reply_to)
            return list(_all_to_do([*([site] if site else []), *records]))
        wrong = [replace(one, level=Level.TODO) for one in in_dns if one.level is not Level.OK]
        said = [mail_identity.verified(domain, known), mail_identity.mail_from(domain, known)]
        return [*said, *wrong, mail_identity.forwarding(known)]

    return run_check(f"The identity {domain}", check)


def _all_to_do(records: list[DNSRecord]) -> Iterator[Diagnosis]:
    for record in records:
        text = f"Whether {record.name} has its {record.kind} record {COULD_NOT_ASK}"
        yield Diagnosis(Level.TODO, text, f"Put into DNS unless it is there: {record}")
