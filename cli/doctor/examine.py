"""All checks of a deployed stack, in the order in which a new operator meets them."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from broadsheet.newsletter import Newsletter
from cli.doctor import (
    alarms,
    dns_records,
    endpoints,
    identity,
    newsletter_file,
    origin_secret,
    quotas,
)
from cli.doctor.asking import NO_ANSWER, RIGHTS, asked, code_of
from cli.doctor.closer_identities import closer_identities
from cli.doctor.credentials import credentials
from cli.doctor.drift import drift
from cli.doctor.finding import Finding, Level
from cli.doctor.place import Deployed, Place

Findings = list[Finding]


def examine(
    place: Place,
    newsletter: Newsletter,
    file: Path,
    more: Callable[[Deployed], Iterator[Finding]],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Findings]:
    """The findings, check by check, as each is done. Where one makes the next pointless, it is the last.

    `file` is the local newsletter.toml; `more` comes last, if there is a whole stack; `now` is
    this machine's clock. Reads only, but for drift detection, which changes no resource.
    """
    found, clock = credentials(place.clients("sts"), place.region, now())
    yield found
    stack = None
    if not any(one.is_fault for one in found):
        stack, problems = _the_stack_itself(place)
        yield from _the_account(place, stack)
        yield problems
        if stack and not problems:
            yield from _the_mail_domain(place, stack, newsletter)
            yield from _the_stack(place, stack, file)
    yield [clock]
    if stack and not stack.lacks:
        for one in more(stack):
            yield [one]


def _the_account(place: Place, stack: Deployed | None) -> Iterator[Findings]:
    yield quotas.lambda_concurrency(place.clients("lambda"), stack.parameters if stack else {})
    yield quotas.ses_account(place.clients("sesv2"), place.region, stack.parameters if stack else None)


def _the_stack_itself(place: Place) -> tuple[Deployed | None, Findings]:
    """The stack, and what keeps it from being looked at."""
    try:
        stack = place.deployed()
    except NO_ANSWER as error:
        text = f"The stack {place.stack} could not be asked ({code_of(error)}), and so nothing about it"
        return None, [Finding(Level.FAULT, text, RIGHTS)]
    return stack, _whole(place.stack, stack)


def _whole(name: str, stack: Deployed | None) -> Findings:
    if stack is None:
        return [Finding(Level.FAULT, f"There is no stack {name}", "Run make deploy.")]
    if stack.lacks:
        text = f"The stack is older than this command: it lacks {', '.join(stack.lacks)}"
        return [Finding(Level.FAULT, text, "Run make deploy.")]
    return []


def _the_mail_domain(place: Place, stack: Deployed, newsletter: Newsletter) -> Iterator[Findings]:
    domain = stack.outputs["MailIdentityDomain"]
    yield mail_domain(place, domain)
    yield closer_identities(place.clients("sesv2"), newsletter.sender, domain)
    yield dns_records.dmarc(domain, newsletter.reply_to, place.lookups)


def mail_domain(place: Place, domain: str) -> Findings:
    """Identity, DKIM and MAIL FROM of a domain, as SES says and as DNS does."""

    def check() -> Findings:
        known = identity.identity_of(place.clients("sesv2"), domain)
        if known is None:
            return [identity.missing(domain)]
        return [
            identity.verified(domain, known),
            identity.signing(domain, known),
            *dns_records.dkim(domain, known, place.lookups),
            identity.mail_from(domain, known),
            *dns_records.mail_from(known, place.region, place.lookups),
            identity.forwarding(known),
        ]

    return asked(f"The identity {domain}", check)


def _the_stack(place: Place, stack: Deployed, file: Path) -> Iterator[Findings]:
    clients, outputs = place.clients, stack.outputs
    address = outputs["SiteAddress"]
    yield alarms.alarm_address(clients("sns"), outputs["AlarmTopic"])
    yield dns_records.site(outputs, place.lookups)
    yield endpoints.one_click(address)
    yield endpoints.site(address)
    yield endpoints.api(address)
    yield origin_secret.origin_secret(
        clients("cloudfront"), clients("secretsmanager"), outputs, stack.parameters
    )
    yield newsletter_file.newsletter_file(clients("s3"), outputs["Desk"], file)
    yield drift(clients("cloudformation"), place.stack, time.sleep)
