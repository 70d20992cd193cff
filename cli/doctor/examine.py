"""All checks of a deployed stack, in the order in which a new operator needs them."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from broadsheet.newsletter import Newsletter
from cli.doctor import account, cdn, dns_checks, endpoints, mail_identity, stack_state
from cli.doctor.calls import CALL_ERRORS, RIGHTS, check, code_of
from cli.doctor.diagnosis import Diagnosis, fault
from cli.doctor.stack_access import StackAccess, lacking
from cli.stack_description import StackDescription

Findings = list[Diagnosis]


def examine(
    access: StackAccess,
    newsletter: Newsletter,
    file: Path,
    more: Callable[[StackDescription], Iterator[Diagnosis]],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Findings]:
    """The findings, check by check, as each is done. The first that makes the others pointless is the last.

    `file` is the local newsletter.toml; `more` comes last, if the stack has all outputs; `now` is
    this machine's clock. Reads only, but for drift detection, which changes no resource.
    """
    credentials, clock = account.credentials(access.clients("sts"), access.region, now())
    yield [credentials]
    stack, problems = None, Findings()
    if not credentials.is_fault:
        stack, problems = _described(access)
        yield from _account(access, stack)
        yield problems
        if stack and not problems:
            yield from _mail(access, stack, newsletter)
            yield from _stack(access, stack, file)
    yield [clock]
    if stack and not problems:
        for one in more(stack):
            yield [one]


def _described(access: StackAccess) -> tuple[StackDescription | None, Findings]:
    """The stack, and what keeps it from being checked."""
    try:
        stack = access.deployed()
    except CALL_ERRORS as error:
        text = f"The stack {access.stack} could not be checked ({code_of(error)}), nor anything in it"
        return None, [fault(text, RIGHTS)]
    if stack is None:
        return None, [fault(f"There is no stack {access.stack}", "Run make deploy.")]
    if not stack.is_whole:
        what, advice = stack.what_is_wrong("make deploy")
        return stack, [fault(f"The stack {access.stack} {what}", advice)]
    if lacks := lacking(stack):
        text = f"The stack is older than this command: it lacks {', '.join(lacks)}"
        return stack, [fault(text, "Run make deploy.")]
    return stack, []


def _account(access: StackAccess, stack: StackDescription | None) -> Iterator[Findings]:
    yield account.lambda_concurrency(access.clients("lambda"), stack.parameters if stack else {})
    yield account.ses_account(access.clients("sesv2"), access.region, stack.parameters if stack else None)


def _mail(access: StackAccess, stack: StackDescription, newsletter: Newsletter) -> Iterator[Findings]:
    domain = stack.outputs["MailIdentityDomain"]
    yield _mail_domain(access, domain)
    yield mail_identity.overriding_identities(access.clients("sesv2"), newsletter.sender, domain)
    yield dns_checks.dmarc(domain, newsletter.reply_to, access.lookups)


@check("The identity {domain}")
def _mail_domain(access: StackAccess, domain: str) -> Iterator[Diagnosis]:
    """Identity, DKIM and MAIL FROM of a domain, in SES and in DNS."""
    identity = mail_identity.identity_of(access.clients("sesv2"), domain)
    if identity is None:
        yield mail_identity.missing(domain)
        return
    yield mail_identity.verified(domain, identity)
    yield mail_identity.signing(domain, identity)
    yield from dns_checks.dkim(domain, identity, access.lookups)
    yield mail_identity.mail_from(domain, identity)
    yield from dns_checks.mail_from(identity, access.region, access.lookups)
    yield mail_identity.forwarding(identity)


def _stack(access: StackAccess, stack: StackDescription, file: Path) -> Iterator[Findings]:
    clients, outputs = access.clients, stack.outputs
    address = outputs["SiteAddress"]
    yield stack_state.alarm_address(clients("sns"), outputs["AlarmTopic"])
    yield dns_checks.site(outputs, access.lookups)
    yield endpoints.one_click(address)
    yield endpoints.site(address)
    yield endpoints.api(address)
    yield cdn.origin_secret(clients("cloudfront"), clients("secretsmanager"), outputs, stack.parameters)
    yield stack_state.deployed_newsletter(clients("s3"), outputs["Desk"], file)
    yield stack_state.drift(clients("cloudformation"), access.stack, time.sleep)
