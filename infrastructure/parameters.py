"""Values for all parameters of template.yaml.

Every deployment sets all of them: SAM and CloudFormation keep the previous value of a parameter that is left
out, so it could never be reset. Source: SAM CLI, `DeployContext.merge_parameters`.
"""

import shlex
from collections import ChainMap
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import click

from broadsheet.content.findings import Finding
from broadsheet.language import FALLBACK
from broadsheet.newsletter_file import origin_mistake

NOBODY = "nobody@editors.invalid"  # Source: RFC 2606, section 2: such a domain never exists


class ParameterError(click.ClickException):
    """A parameter is invalid or has no value. Nothing was changed."""


def given_parameters(pairs: Iterable[str], line: str, known: Iterable[str]) -> dict[str, str]:
    """Parameters from the command line: `pairs` are `Key=Value`, `line` has several, quoted as in a shell.

    `Key=` sets an empty value. The last of several values for a key wins; `pairs` come after `line`.

    Raises:
        ParameterError: a text is not of that form, the template has no such parameter, or Origin is wrong.
    """
    try:
        texts = [*shlex.split(line), *pairs]
    except ValueError as error:
        raise ParameterError(f"{line!r} can't be split into parameters: {error}.") from error
    found = dict(_pair(text) for text in texts)
    only_known(found, known)
    _check_origin(found)
    return found


def chosen(template: Mapping[str, Mapping[str, Any]], *sources: Mapping[str, str]) -> dict[str, str]:
    """A value for each parameter of the template: from the first source that has one, else its default.

    Other names in `sources` are ignored: an older template may have had them.

    Raises:
        ParameterError: a parameter has neither a value nor a default, or Origin is wrong.
    """
    defaults = {name: _text(each["Default"]) for name, each in template.items() if "Default" in each}
    values = ChainMap(*map(dict, sources), defaults)
    if missing := [name for name in template if name not in values]:
        raise ParameterError(f"{missing[0]} has no value: set it with PARAMETERS={missing[0]}=…")
    _check_origin(values)
    return {name: values[name] for name in template}


def _check_origin(values: Mapping[str, str]) -> None:
    origin = values.get("Origin", "")
    if origin and (rule := origin_mistake(origin)):
        text = Finding("", 0, rule, {"value": origin}).text(FALLBACK)
        raise ParameterError(f"Origin: {text.what} {text.why} {text.mend}")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ParameterError(
            f"{text!r} is not of the form Key=Value. A value with spaces needs quotes:"
            """ PARAMETERS='Key="a value"'."""
        )
    return key, value


def only_known(names: Iterable[str], known: Iterable[str], *, where: str = "") -> None:
    """Refuse names that are not `known`, with a hint to similar ones; `where` says where they were given.

    Raises:
        ParameterError: one of them is no parameter of the template.
    """
    parameters = list(known)
    for name in names:
        if name not in parameters:
            similar = get_close_matches(name, parameters, n=3, cutoff=0.5)
            listed = f"There are: {', '.join(parameters)}."
            hint = f"Did you mean {' or '.join(similar)}?" if similar else listed
            raise ParameterError(f"{where}template.yaml has no parameter {name}. {hint}")


def mail_domain(sender: str, own: Mapping[str, str]) -> dict[str, str]:
    """The parameter MailDomain: the sender's domain, or a domain above it that was given in `own`.

    Raises:
        ParameterError: with the given domain, SES would not send mail from the sender's address.
    """
    domain = sender.rpartition("@")[2].lower()
    given = own.get("MailDomain", domain)
    if domain != given and not domain.endswith(f".{given}"):
        raise ParameterError(
            f"MailDomain is {given}, but newsletter.toml's sender is at {domain}; SES would not send for"
            f" it. Set PARAMETERS=MailDomain={domain}, or change the sender."
        )
    return {"MailDomain": given}


def editor_addresses(editors: Iterable[str]) -> dict[str, str]:
    """The parameter EditorAddresses: who may get reports; without editors, an address that nobody has."""
    return {"EditorAddresses": ",".join(tuple(editors) or (NOBODY,))}


def _text(default: str | float | bool) -> str:  # noqa: FBT001  # YAML's own type
    """A default as CloudFormation reads it: YAML's `true` is the string "true"."""
    return str(default).lower() if isinstance(default, bool) else str(default)
