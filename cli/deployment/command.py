"""`broadsheet deploy`: recovers, checks, builds, deploys with SAM, publishes the site, lists what is left.

Nothing is created before the preflight has passed.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from broadsheet.newsletter import Newsletter
from cli.deployment.account_parameters import AccountParameters
from cli.deployment.front_page import answers_with_a_page, published
from cli.deployment.sam import sam_command, sam_deploy
from cli.deployment.settings import ask_parameters, keep, kept_parameters
from cli.deployment.target import DeploymentTarget, console, prompt, refusal
from cli.doctor.deployment_checks import after_deploying, preflight
from cli.doctor.diagnosis import Diagnosis, Level, todo
from cli.newsletter_file import NAME, own_newsletter
from cli.stack import CONFIG, deploy_settings, stack_name, stack_outputs
from infrastructure.build import ROOT, BuildError, build, read_template
from infrastructure.parameters import chosen, editor_addresses, given_parameters, mail_domain, only_known

NEWSLETTER_FILE = ROOT / NAME
PATIENCE_SECONDS, LOCAL_PATIENCE_SECONDS = 600, 60
_PRINTED = (Level.FAULT, Level.WARNING, Level.TODO)


@click.command()
@click.option(
    "--parameter",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter of template.yaml; KEY= sets it back to empty.",
)
@click.option(
    "--parameters",
    "line",
    default="",
    metavar="'KEY=VALUE …'",
    help="Several of them, quoted as in a shell; what make passes.",
)
@click.option("--yes", is_flag=True, help="Agree to the deletion of a failed stack and what it left empty.")
def deploy(pairs: tuple[str, ...], line: str, *, yes: bool) -> None:
    """Build and deploy with SAM; what is given or asked for is kept in samconfig.toml."""
    try:
        _deploy(pairs, line, yes=yes)
    except (ClientError, BotoCoreError) as error:
        raise refusal(error) from error


def _deploy(pairs: Sequence[str], line: str, *, yes: bool) -> None:
    """Deploy to the account of the usual AWS credentials, or to a local engine named by AWS_ENDPOINT_URL.

    A second run without changes does nothing. `pairs` and `line` are parameters of template.yaml, see
    `given_parameters`; on AWS they are kept in samconfig.toml until others are given. `yes` agrees
    to the deletion of a failed stack and of empty leftovers; what holds data is never deleted.

    Raises:
        click.ClickException: the deployment failed; the message says why, and what to do.
    """
    template = read_template()["Parameters"]
    given = given_parameters(pairs, line, template)
    newsletter = own_newsletter()
    target = DeploymentTarget.of(os.environ, yes=yes)
    stack = target.recovery().prepare_stack()
    deployed = stack.parameters if stack else {}
    own = _own(target, template, given, deployed)
    values = _values(target, template, own, newsletter, deployed)
    _check(target, values, newsletter, is_first=stack is None)
    try:
        with console.status(f"Building for {target.build_target.name} …"):
            built = build(target.build_target)
    except BuildError as error:
        raise click.ClickException(str(error)) from error
    setting_up = console.status("Setting up the SAM CLI in .venv-sam; the first time takes a minute …")
    sam_deploy(
        sam_command(shutil.which("sam"), setting_up), built, CONFIG, stack_name(), target.region, values
    )
    _finish(target, values, newsletter)


def _own(
    target: DeploymentTarget,
    template: Mapping[str, Any],
    given: Mapping[str, str],
    deployed: Mapping[str, str],
) -> dict[str, str]:
    """A person's values: given now, kept from before, or asked for the first time. They are kept.

    samconfig.toml is about AWS: for a local engine it is neither read nor written.
    """
    if target.is_local:
        return dict(given)
    kept = kept_parameters(deploy_settings())
    only_known(kept, template, where="parameter_overrides in samconfig.toml: ")
    answers = ask_parameters(prompt, {**deployed, **kept, **given}) if target.is_first else {}
    keep(CONFIG, target.region, {**answers, **given})
    return {**answers, **kept, **given}


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
    with console.status("Looking whether this can be deployed …"):
        diagnoses = preflight(target.session, target.region, values, newsletter, is_first=is_first)
    print_diagnoses(diagnoses, console.print)
    if any(one.is_fault for one in diagnoses):
        raise click.ClickException("Nothing was created. Mend the faults above, then deploy again.")


def _finish(target: DeploymentTarget, values: Mapping[str, str], newsletter: Newsletter) -> None:
    """Publish the site, and print what only a person can do."""
    outputs = stack_outputs(target.session)
    target.session.client("lambda").invoke(FunctionName=outputs["MakeKeys"], Payload=b"{}")
    is_there = _publish(target, outputs)
    console.print(f"\n  Site  {outputs['SiteAddress']}\n  Desk  s3://{outputs['Desk']}\n")
    with console.status("Looking what is left to do …"):
        diagnoses = after_deploying(target.session, outputs, values, newsletter)
    print_diagnoses([*_address(newsletter.origin, outputs["SiteAddress"]), *diagnoses], console.print)
    if not is_there:
        raise click.ClickException(
            "Everything is deployed, but the site has no front page yet. Look again in a quarter of an hour;"
            " if there still is none, deploy again. `broadsheet doctor` says what else may be wrong."
        )


def _address(origin: str, deployed: str) -> list[Diagnosis]:
    if origin.rstrip("/") == deployed:
        return []
    return [todo(f"newsletter.toml says {origin}; give DomainName, or Origin, to make it so.")]


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
