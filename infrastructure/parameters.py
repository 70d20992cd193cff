"""Values for all parameters of template.yaml.

Each deployment gives all of them: SAM and CloudFormation let one that is left out keep its previous value, so
it could never be set back. Source: SAM CLI, `DeployContext.merge_parameters`.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import click

NOBODY = "nobody@editors.invalid"  # Source: RFC 2606, section 2: there never is such a domain
_ADDRESS = re.compile(r"[^@,\s]+@[^@,\s]+")  # as the template has it


class ParameterError(click.ClickException):
    """A parameter can't be understood, or has no value. Nothing was changed."""


def given_parameters(pairs: Iterable[str], line: str, known: Iterable[str]) -> dict[str, str]:
    """What was given on the command line: `pairs` are `Key=Value`, `line` has several, quoted as in a shell.

    `Key=` sets it back to empty. Of two for the same key the later holds.

    Raises:
        ParameterError: not of that form, or no parameter of the template.
    """
    try:
        texts = [*shlex.split(line), *pairs]
    except ValueError as error:
        raise ParameterError(f"{line!r} can't be split into parameters: {error}.") from error
    found = dict(_pair(text) for text in texts)
    only_known(found, known)
    return found


def chosen(template: Mapping[str, Mapping[str, Any]], *sources: Mapping[str, str]) -> dict[str, str]:
    """A value for each parameter of the template: from the first source that has one, else its default.

    Names in `sources` that the template does not have are left out: an older template may have had them.

    Raises:
        ParameterError: there is neither a value nor a default.
    """
    values: dict[str, str] = {}
    for name, parameter in template.items():
        defaults = {name: _text(parameter["Default"])} if "Default" in parameter else {}
        found = [source[name] for source in (*sources, defaults) if name in source]
        if not found:
            raise ParameterError(f"{name} has no value: give it with PARAMETERS={name}=…")
        values[name] = found[0]
    return values


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ParameterError(
            f"{text!r} is not of the form Key=Value. A value with spaces needs quotes:"
            """ PARAMETERS='Key="a value"'."""
        )
    return key, value


def only_known(names: Iterable[str], known: Iterable[str], *, where: str = "") -> None:
    """Refuse names that the template does not have, naming the near ones; `where` says whose they are.

    Raises:
        ParameterError: one of them is no parameter of the template.
    """
    there = list(known)
    for name in names:
        if name not in there:
            near = get_close_matches(name, there, n=3, cutoff=0.5)
            meant = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(there)}."
            raise ParameterError(f"{where}template.yaml has no parameter {name}. {meant}")


def mail_domain(sender: str, own: Mapping[str, str]) -> dict[str, str]:
    """MailDomain: the sender's domain, unless a person gave one that it belongs to.

    Raises:
        ParameterError: the given one would not let SES mail from the sender's address.
    """
    domain = sender.rpartition("@")[2].lower()
    given = own.get("MailDomain", domain)
    if domain != given and not domain.endswith(f".{given}"):
        raise ParameterError(
            f"MailDomain is {given}, but newsletter.toml's sender is at {domain}; SES would not mail for it."
            f" Give PARAMETERS=MailDomain={domain}, or change the sender."
        )
    return {"MailDomain": given}


def editor_addresses(editors: Iterable[str]) -> dict[str, str]:
    """EditorAddresses: whom reports may be mailed to; where there are no editors, an address that nobody has.

    Raises:
        ParameterError: one of them is no address.
    """
    addresses = tuple(editors) or (NOBODY,)
    if wrong := [each for each in addresses if not _ADDRESS.fullmatch(each)]:
        raise ParameterError(
            f'newsletter.toml: editors has {wrong[0]!r}; write addresses like "you@example.org"'
        )
    return {"EditorAddresses": ",".join(addresses)}


def _text(default: str | float | bool) -> str:  # noqa: FBT001  # YAML's own type
    """A default as CloudFormation reads it: YAML's `true` is the text "true"."""
    return str(default).lower() if isinstance(default, bool) else str(default)
