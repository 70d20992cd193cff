"""`broadsheet deploy`: recovers, checks, builds, deploys with SAM, publishes the site, lists what is left.

Nothing is created before the preflight has passed.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import click
from botocore.exceptions import ClientError

from broadsheet.newsletter import Newsletter
from cli.chosen_stack import QUICK, StackOptions, stack_options
from cli.deployment.account_parameters import AccountParameters
from cli.deployment.front_page import answers_with_a_page, published
from cli.deployment.questions import CHECKS, AnswerError, ask_parameters, ask_region
from cli.deployment.redirects import redirects_source
from cli.deployment.sam import sam_command, sam_deploy, sam_package
from cli.deployment.settings import keep, kept_parameters
from cli.deployment.target import DeploymentTarget, console
from cli.doctor.deployment_checks import after_deploying, preflight
from cli.doctor.diagnosis import Diagnosis, Level, todo
from cli.failures import code_of, is_known
from cli.newsletter_file import NAME, own_newsletter
from cli.stack import CONFIG, deploy_settings
from cli.stack_description import describe
from infrastructure.build import ROOT, BuildError, build, read_template
from infrastructure.parameters import (
    ParameterError,
    chosen,
    editor_addresses,
    given_parameters,
    mail_domain,
    only_known,
)
from infrastructure.redirect_store import redirects_to_import
from infrastructure.redirects import REDIRECTS_FILE

NEWSLETTER_FILE = ROOT / NAME
PATIENCE_SECONDS, LOCAL_PATIENCE_SECONDS = 600, 60
_PRINTED = (Level.FAULT, Level.WARNING, Level.TODO)


@click.command()
@click.option(
    "--parameter",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter of template.yaml; KEY= resets it to empty.",
)
@click.option(
    "--parameters",
    "line",
    default="",
    metavar="'KEY=VALUE …'",
    help="Several parameters, quoted as in a shell; make uses this.",
)
@click.option(
    "--yes", is_flag=True, help="Do not ask: agree to the deletion of a failed stack and its leftovers."
)
@stack_options(with_local=False)
def deploy(pairs: tuple[str, ...], line: str, *, stack: StackOptions, yes: bool) -> None:
    """Build and deploy with SAM; your parameters and answers are kept in samconfig.toml."""
    try:
        _deploy(pairs, line, DeploymentTarget.of(os.environ, stack, yes=yes))
    except ClientError as error:
        if is_known(error):
            raise
        message = error.response["Error"].get("Message", "")
        raise click.ClickException(
            f"AWS refused {error.operation_name} ({code_of(error)}): {message}"
        ) from error


def _deploy(pairs: Sequence[str], line: str, target: DeploymentTarget) -> None:
    """Deploy to the account of the usual AWS credentials, or to a local engine named by AWS_ENDPOINT_URL.

    A second run without changes does nothing. `pairs` and `line` are parameters of template.yaml, see
    `given_parameters`; on AWS they are kept in samconfig.toml until others are given. What holds data is
    never deleted. A person is asked for what only they know before the stack is there, and only then.

    Raises:
        click.ClickException: the deployment failed; the message says why, and what to do.
    """
    template = read_template()["Parameters"]
    given = checked(given_parameters(pairs, line, template))
    newsletter = own_newsletter()
    redirects = redirects_to_import(REDIRECTS_FILE, newsletter.editions)
    target = _in_its_region(target)
    stack = target.recovery().prepare_stack()
    deployed = stack.parameters if stack else {}
    own = _own(target, template, given, deployed, is_first=stack is None)
    values = _values(target, template, own, newsletter, deployed)
    _check(target, values, newsletter, is_first=stack is None)
    try:
        with console.status(f"Building for {target.build_target.name} …"):
            built = build(target.build_target)
    except BuildError as error:
        raise click.ClickException(str(error)) from error
    setting_up = console.status("Setting up the SAM CLI in .venv-sam; the first time takes a minute …")
    sam = sam_command(shutil.which("sam"), setting_up)
    values = {
        **values,
        **_redirects(target, redirects, partial(sam_package, sam, built, CONFIG, target.stack)),
    }
    sam_deploy(sam, built, CONFIG, target.stack, values)
    _finish(target, values, newsletter)


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """Given parameters, in the form in which an answer would be taken.

    Raises:
        ParameterError: one of them would not be taken as an answer.
    """
    checked = dict(given)
    for name in CHECKS.keys() & given.keys():
        try:
            checked[name] = CHECKS[name](given[name].strip())
        except AnswerError as error:
            raise ParameterError(f"{name}: {error}") from None
    return checked


def _in_its_region(target: DeploymentTarget) -> DeploymentTarget:
    """The target, in the region that a person names if the stack is not there yet."""
    if not target.asks or target.stacks.find(target.stack.name):
        return target
    console.print(
        f"There is no stack {target.stack.name} yet, so this is its first deployment. Some questions first:"
        " Enter accepts what is in brackets, Ctrl-C stops."
    )
    if not target.asks_region:
        return target
    with _ended():
        return target.of_region(ask_region(target.stack.region, console.print))


@contextmanager
def _ended() -> Iterator[None]:
    """Say what an interrupted question leaves behind."""
    try:
        yield
    except click.Abort:
        raise click.ClickException("Nothing was deployed, and no answer was kept.") from None


def _own(
    target: DeploymentTarget,
    template: Mapping[str, Any],
    given: Mapping[str, str],
    deployed: Mapping[str, str],
    *,
    is_first: bool,
) -> dict[str, str]:
    """A person's values: given now, asked for the first time, or kept from before. They are kept."""
    kept = kept_parameters(target.settings or {})
    only_known(kept, template, where="parameter_overrides in samconfig.toml: ")
    answers: dict[str, str] = {}
    if is_first and target.asks:
        with _ended():
            answers = ask_parameters(given, {**deployed, **kept}, console.print)
    if target.settings is not None:
        keep(CONFIG, target.stack.region, {**answers, **given})
    return {**kept, **answers, **given}


def _values(
    target: DeploymentTarget,
    template: Mapping[str, Any],
    own: Mapping[str, str],
    newsletter: Newsletter,
    deployed: Mapping[str, str],
) -> dict[str, str]:
    """All parameters: a person's own values, else by newsletter and account, else as deployed."""
    client = target.session.client
    account = AccountParameters(client("lambda"), client("sesv2"), target.not_asked, console.print)
    editors = editor_addresses(newsletter.editors)
    decided = {**account.parameters(own), **mail_domain(newsletter.sender, own)}
    return chosen(template, editors, own, decided, deployed)


def _check(
    target: DeploymentTarget, values: Mapping[str, str], newsletter: Newsletter, *, is_first: bool
) -> None:
    """The preflight: print its findings, and stop if one is a fault."""
    with console.status("Checking whether this can be deployed …"):
        stack, session = target.stack, target.session
        diagnoses = preflight(session, stack.region, values, newsletter, name=stack.name, is_first=is_first)
    print_diagnoses(diagnoses, console.print)
    if any(one.is_fault for one in diagnoses):
        raise click.ClickException("Nothing was created. Fix the faults above, then deploy again.")


def _redirects(target: DeploymentTarget, content: bytes, make_bucket: Callable[[], None]) -> dict[str, str]:
    """The parameter of the redirects, which are uploaded."""
    client = target.session.client
    cloudformation = client("cloudformation", config=QUICK)
    return redirects_source(content, deploy_settings(), cloudformation, client("s3"), make_bucket)


def _finish(target: DeploymentTarget, values: Mapping[str, str], newsletter: Newsletter) -> None:
    """Publish the site, and print what only a person can do."""
    outputs = _outputs(target)
    target.session.client("lambda").invoke(FunctionName=outputs["MakeKeys"], Payload=b"{}")
    is_there = _publish(target, outputs)
    console.print(f"\n  Site  {outputs['SiteAddress']}\n  Desk  s3://{outputs['Desk']}\n")
    with console.status("Checking what is left to do …"):
        diagnoses = after_deploying(target.session, outputs, values, newsletter)
    print_diagnoses([*_address(newsletter.origin, outputs["SiteAddress"]), *diagnoses], console.print)
    if not is_there:
        raise click.ClickException(
            "Everything is deployed, but the site has no front page yet. Look again in a quarter of an hour;"
            f" if there still is none, deploy again. `{target.stack.command('doctor')}` says what else may be"
            " wrong."
        )


def _outputs(target: DeploymentTarget) -> Mapping[str, str]:
    found = describe(target.session.client("cloudformation", config=QUICK), target.stack.name)
    if found is None:
        raise click.ClickException(f"There is no {target.stack} after all; read SAM's output.")
    return found.outputs


def _address(origin: str, deployed: str) -> list[Diagnosis]:
    if origin.rstrip("/") == deployed:
        return []
    return [todo(f"newsletter.toml says {origin}; set DomainName or Origin to use that address.")]


def _publish(target: DeploymentTarget, outputs: Mapping[str, str]) -> bool:
    """Upload newsletter.toml to the desk until the front page answers; False if it never does.

    The request goes to the CDN itself: a custom domain does not resolve before its DNS record is made.
    """
    address = outputs["SiteAddress"] if target.is_local else f"https://{outputs['DistributionDomain']}"
    patience = LOCAL_PATIENCE_SECONDS if target.is_local else PATIENCE_SECONDS
    body, s3 = NEWSLETTER_FILE.read_bytes(), target.session.client("s3")
    with console.status(f"Waiting for the front page of {address}; the first time may take ten minutes …"):
        return published(
            lambda: s3.put_object(Bucket=outputs["Desk"], Key=NEWSLETTER_FILE.name, Body=body),
            lambda: answers_with_a_page(address),
            patience,
        )


def print_diagnoses(diagnoses: Iterable[Diagnosis], say: Callable[[str], None]) -> None:
    """Print each one that is not in order, faults first, with its repair below."""
    printed = [one for one in diagnoses if one.level in _PRINTED]
    for one in sorted(printed, key=lambda one: _PRINTED.index(one.level)):
        say(f"  {one.level.value.capitalize()}: {one.text}")
        if one.repair:
            say(f"    {one.repair}")
