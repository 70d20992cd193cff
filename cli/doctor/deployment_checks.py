"""The checks of `broadsheet deploy`: before, whether it can succeed; after, what only a person can do."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from broadsheet.newsletter import Newsletter
from cli.doctor import account, cdn, dns_checks, mail_identity, stack_state
from cli.doctor.calls import check, clients_of
from cli.doctor.diagnosis import Diagnosis, Level, todo
from cli.doctor.lookups import Lookups, system_lookups
from cli.stack import stack_name
from infrastructure.dns_records import mail_records, site_record


def preflight(
    session: Any,  # noqa: ANN401  # boto3's Session is not typed here
    region: str,
    parameters: Mapping[str, str],
    newsletter: Newsletter,
    *,
    name: str | None = None,
    is_first: bool = False,
) -> list[Diagnosis]:
    """What can be known before anything is created; deploy nothing if one of them is a fault.

    `parameters` are those of template.yaml as they would be deployed; `name` is the
    stack's, else that of samconfig.toml; `is_first` if there is no stack yet. Reads only; a second call
    checks again.
    """
    clients = clients_of(session, region)
    credentials, clock = account.credentials(clients("sts"), region, datetime.now(UTC))
    if credentials.is_fault:
        return [credentials, clock]
    domain = parameters.get("MailDomain") or newsletter.sender.rpartition("@")[2]
    return [
        credentials,
        *account.lambda_concurrency(clients("lambda"), parameters),
        *account.ses_account(clients("sesv2"), region, parameters),
        *mail_identity.domain_is_free(clients, domain, name or stack_name()),
        *cdn.certificate(clients, parameters),
        *cdn.cdn(clients("cloudfront"), is_first=is_first),
        clock,
    ]


def after_deploying(
    session: Any,  # noqa: ANN401  # boto3's Session is not typed here
    outputs: Mapping[str, str],
    parameters: Mapping[str, str],
    newsletter: Newsletter,
    lookups: Lookups | None = None,
) -> list[Diagnosis]:
    """What is left to do after deploying: everything that is not in order yet.

    `outputs` and `parameters` are the stack's; DNS queries go to this machine's resolver unless another one
    is given. If DNS does not answer, all records are listed, for any of them may be missing. Reads only; a
    second call checks again.
    """
    region = session.region_name
    clients = clients_of(session, region)
    ses, domain = clients("sesv2"), outputs["MailIdentityDomain"]
    found = [
        *_mail_domain(ses, region, domain, outputs, newsletter, lookups or system_lookups()),
        *mail_identity.overriding_identities(ses, newsletter.sender, domain),
        *account.ses_account(ses, region, parameters),
        *(
            stack_state.alarm_address(clients("sns"), outputs["AlarmTopic"])
            if "AlarmTopic" in outputs
            else []
        ),
    ]
    return [one for one in found if one.level is not Level.OK]


@check("The identity {domain}")
def _mail_domain(
    ses: Any,  # noqa: ANN401  # as boto3's Session
    region: str,
    domain: str,
    outputs: Mapping[str, str],
    newsletter: Newsletter,
    lookups: Lookups,
) -> Iterator[Diagnosis]:
    identity = mail_identity.identity_of(ses, domain)
    if identity is None:
        yield mail_identity.missing(domain)
        return
    in_dns = [
        *dns_checks.site(outputs, lookups),
        *dns_checks.dkim(domain, identity, lookups),
        *dns_checks.mail_from(identity, region, lookups),
        *dns_checks.dmarc(domain, newsletter.reply_to, lookups),
    ]
    if lookups.has_failed:
        site = site_record(outputs)
        for record in [
            *([site] if site else []),
            *mail_records(domain, identity, region, newsletter.reply_to),
        ]:
            text = f"Whether {record.name} has its {record.kind} record could not be checked"
            yield todo(text, f"Put into DNS unless it is there: {record}")
        return
    yield mail_identity.verified(domain, identity)
    yield mail_identity.mail_from(domain, identity)
    yield from (replace(one, level=Level.TODO) for one in in_dns if one.level is not Level.OK)
    yield mail_identity.forwarding(identity)
