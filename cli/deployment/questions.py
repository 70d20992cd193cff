"""The questions of a first deployment: each answer is checked at once, and asked for again if it is wrong."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

import boto3
import can_ada
import click

from broadsheet.characters import printable
from broadsheet.subscribers.address import AddressError, normalise

NONE = "-"  # typed to take back an answer that was kept
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/[0-9a-zA-Z-]+")
_CDN_REGION = "us-east-1"  # Source: CloudFront developer guide, "Requirements for using SSL/TLS certificates"
Answers = dict[str, str]


class AnswerError(ValueError):
    """The answer can't be used; the message says how to write it."""


def region(text: str) -> str:
    """The name of a region of AWS."""
    known = boto3.Session().get_available_regions("sesv2")
    if text in known:
        return text
    similar = get_close_matches(text.lower(), known, n=1, cutoff=0.6)
    hint = f" Did you mean {similar[0]}?" if similar else " One looks like eu-central-1."
    if _REGION.fullmatch(text) and not similar:
        hint = " A newer one is accepted as --region."
    raise AnswerError(f"There is no region of that name that has SES.{hint}")


def domain(text: str) -> str:
    """The name of a domain, in ASCII and in lower case; or none."""
    if not text:
        return ""
    if re.search(r"[/:@?#]", text):
        raise AnswerError(
            "Write only the name, without https:// and without anything after it: news.example.org"
        )
    try:
        name = can_ada.parse(f"https://{text}/").hostname
    except (ValueError, TypeError):  # the latter of what is no text, as single surrogates
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise AnswerError("That is not a domain name. One looks like news.example.org")
    return name


def certificate(text: str) -> str:
    """The ARN of a certificate for the CDN; or none."""
    if not text:
        return ""
    found = _CERTIFICATE.fullmatch(text)
    if not found:
        raise AnswerError(
            "That is not the ARN of a certificate. One looks like arn:aws:acm:us-east-1:…:certificate/…"
        )
    if found[1] != _CDN_REGION:
        raise AnswerError(f"That certificate is in {found[1]}. The CDN accepts only those in {_CDN_REGION}.")
    return text


def address(text: str) -> str:
    """An email address; or none."""
    try:
        return normalise(text) and text if text else ""
    except AddressError:
        raise AnswerError("That is not an email address. Write one like you@example.org") from None


CHECKS: Mapping[str, Callable[[str], str]] = {
    "DomainName": domain,
    "CertificateArn": certificate,
    "AlarmAddress": address,
}
_QUESTIONS = {
    "DomainName": "A domain of your own for the site, if you have a certificate for it",
    "CertificateArn": "The ARN of its certificate, from ACM in us-east-1",
    "AlarmAddress": "The email address that alarms go to",
}


def ask_region(suggested: str, say: Callable[[str], None]) -> str:
    """The region to deploy to; an empty answer means the suggested one."""
    return _ask("The AWS region", suggested, region, say)


def ask_parameters(given: Mapping[str, str], kept: Mapping[str, str], say: Callable[[str], None]) -> Answers:
    """Ask for the parameters without a sensible default, except those in `given`; `kept` are suggested.

    A certificate is asked for only if there is a domain; without one the domain is left out.
    """
    answers: Answers = {}
    for name, question in _QUESTIONS.items():
        has_domain = bool({**given, **answers}.get("DomainName"))
        if name not in given and (name != "CertificateArn" or has_domain):
            answers[name] = _ask(question, kept.get(name, ""), CHECKS[name], say)
        if name == "CertificateArn" and answers.get("DomainName") and not {**given, **answers}.get(name):
            say("For now the site uses the CDN's name. You can set the domain and its certificate later.")
            answers["DomainName"] = ""
    return answers


def _ask(question: str, suggested: str, check: Callable[[str], str], say: Callable[[str], None]) -> str:
    """Ask until the answer can be used."""
    hint = f" ({NONE} for none)" if suggested and check is not region else ""
    hint = hint or ("" if suggested else " (empty: none)")
    while True:
        try:
            answer = click.prompt(question + hint, default=suggested, show_default=bool(suggested)).strip()
            return check("" if answer == NONE and check is not region else answer)
        except AnswerError as error:
            say(f"  {printable(str(error))}")
        except UnicodeError:
            say("  That can't be read as text. Type it again.")
