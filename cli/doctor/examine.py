"""All checks of a deployed stack, in the order in which a new operator meets them."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from broadsheet.newsletter import Newsletter
from cli.doctor import (
    alarms,
    deployed_newsletter,
    dns_checks,
    endpoints,
    mail_identity,
    origin_secret,
    quotas,
)
from cli.doctor.aws_calls import NO_ANSWER, RIGHTS, code_of, run_check
from cli.doctor.credentials import credentials
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.drift import drift
from cli.doctor.overriding_identities import overriding_identities
from cli.doctor.stack_access import StackAccess, StackDescription

Findings = list[Diagnosis]


def examine(
    access: StackAccess,
    newsletter: Newsletter,
    file: Path,
    more: Callable[[StackDescription], Iterator[Diagnosis]],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Findings]:
    """The findings, check by check, as each is done. Where one makes the next pointless, it is the last.

    `file` is the local newsletter.toml; `more` comes last, if there is a whole stack; `now` is
    this machine's clock. Reads only, but for drift detection, which changes no resource.
    """
    found, clock = credentials(access.clients("sts"), access.region, now())
    yield found
    stack = None
    if not any(one.is_fault for one in found):
        stack, problems = _the_stack_itself(access)
        yield from _the_account(access, stack)
        yield problems
        if stack and not problems:
            yield from _the_mail_domain(access, stack, newsletter)
            yield from _the_stack(access, stack, file)
    yield [clock]
    if stack and not stack.lacks:
        for one in more(stack):
            yield [one]


def _the_account(access: StackAccess, stack: StackDescription | None) -> Iterator[Findings]:
    yield quotas.lambda_concurrency(access.clients("lambda"), stack.parameters if stack else {})
    yield quotas.ses_account(access.clients("sesv2"), access.region, stack.parameters if stack else None)


def _the_stack_itself(access: StackAccess) -> tuple[StackDescription | None, Findings]:
    """The stack, and what keeps it from being looked at."""
    try:
        stack = access.deployed()
    except NO_ANSWER as error:
        text = f"The stack {access.stack} could not be asked ({code_of(error)}), and so nothing about it"
        return None, [Diagnosis(Level.FAULT, text, RIGHTS)]
    return stack, _whole(access.stack, stack)


def _whole(name: str, stack: StackDescription | None) -> Findings:
    if stack is None:
        return [Diagnosis(Level.FAULT, f"There is no stack {name}", "Run make deploy.")]
    if stack.lacks:
        text = f"The stack is older than this command: it lacks {', '.join(stack.lacks)}"
        return [Diagnosis(Level.FAULT, text, "Run make deploy.")]
    return []


def _the_mail_domain(
    access: StackAccess, stack: StackDescription, newsletter: Newsletter
) -> Iterator[Findings]:
    domain = stack.outputs["MailIdentityDomain"]
    yield mail_domain(access, domain)
    yield overriding_identities(access.clients("sesv2"), newsletter.sender, domain)
    yield dns_checks.dmarc(domain, newsletter.reply_to, access.lookups)


def mail_domain(access: StackAccess, domain: str) -> Findings:
    """Identity, DKIM and MAIL FROM of a domain, as SES says and as DNS does."""

    def check() -> Findings:
        known = mail_identity.identity_of(access.clients("sesv2"), domain)
        if known is None:
            return [mail_identity.missing(domain)]
        return [
            mail_identity.verified(domain, known),
            mail_identity.signing(domain, known),
            *dns_checks.dkim(domain, known, access.lookups),
            mail_identity.mail_from(domain, known),
            *dns_checks.mail_from(known, access.region, access.lookups),
            mail_identity.forwarding(known),
        ]

    return run_check(f"The identity {domain}", check)


def _the_stack(access: StackAccess, stack: StackDescription, file: Path) -> Iterator[Findings]:
    clients, outputs = access.clients, stack.outputs
    address = outputs["SiteAddress"]
    yield alarms.alarm_address(clients("sns"), outputs["AlarmTopic"])
    yield dns_checks.site(outputs, access.lookups)
    yield endpoints.one_click(address)
    yield endpoints.site(address)
    yield endpoints.api(address)
    yield origin_secret.origin_secret(
        clients("cloudfront"), clients("secretsmanager"), outputs, stack.parameters
    )
    yield deployed_newsletter.deployed_newsletter(clients("s3"), outputs["Desk"], file)
    yield drift(clients("cloudformation"), access.stack, time.sleep)
