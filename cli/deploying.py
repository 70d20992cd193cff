"""`broadsheet deploy`: build, let SAM deploy, lay newsletter.toml on the desk, say what is left to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from broadsheet.newsletter import read_newsletter
from cli.build import ROOT, BuildError, Target, build
from cli.stack import CONFIG, deploy_settings, region, stack_outputs

SAM_VENV = ROOT / ".venv-sam"
SAM_REQUIREMENTS = ROOT / "requirements-sam.txt"

console = Console(highlight=False, soft_wrap=True)


def deploy(parameters: Sequence[str]) -> None:
    """Deploy to the account of the usual AWS credentials, or to a local engine named by AWS_ENDPOINT_URL.

    A second run with nothing changed changes nothing. `parameters` are `Key=Value` of template.yaml.
    """
    newsletter_file = ROOT / "newsletter.toml"
    newsletter = read_newsletter(newsletter_file.read_text(encoding="utf-8"))
    target = Target.local() if _is_local(os.environ) else Target.aws()
    try:
        with console.status(f"Building for {target.name} …"):
            template = build(target)
    except BuildError as error:
        raise click.ClickException(str(error)) from error
    overrides = [f"MailDomain={newsletter.sender.split('@')[1]}", *parameters]
    done = subprocess.run(
        [*_sam(), *_arguments(template, overrides)], cwd=ROOT, env=_environment(), check=False
    )
    if done.returncode:
        raise click.ClickException("SAM did not finish; what it said stands above. Nothing else was done.")
    _finish(newsletter_file, newsletter.origin)


def _arguments(template: Path, overrides: list[str]) -> list[str]:
    """SAM's arguments: guided where nobody has answered yet and somebody can."""
    first = "region" not in deploy_settings() and not _is_local(os.environ)
    guided = (
        ["--guided"] if first and sys.stdin.isatty() else ["--no-confirm-changeset", "--region", region()]
    )
    return [
        *("deploy", "--template-file", str(template), "--config-file", str(CONFIG), *guided),
        *("--parameter-overrides", *_kept_overrides(overrides)),
    ]


def _kept_overrides(given: list[str]) -> list[str]:
    """What was answered before, under what is given now."""
    kept = deploy_settings().get("parameter_overrides", [])
    entries = kept.split() if isinstance(kept, str) else list(kept)
    pairs = dict(entry.replace('"', "").split("=", 1) for entry in [*entries, *given])
    return [f"{key}={value}" for key, value in pairs.items() if value]


def _finish(newsletter_file: Path, origin: str) -> None:
    """Publish the frame by laying newsletter.toml on the desk; print what only a person can do."""
    session = boto3.Session(region_name=region())
    outputs = stack_outputs(session)
    session.client("s3").put_object(
        Bucket=outputs["Desk"], Key="newsletter.toml", Body=newsletter_file.read_bytes()
    )
    console.print(f"\n  Site  {outputs['SiteAddress']}\n  Desk  s3://{outputs['Desk']}\n")
    if origin.rstrip("/") != outputs["SiteAddress"]:
        console.print(f"  To do: newsletter.toml says {origin}; give DomainName, or Origin, to make it so.")
    for line in _left_to_do(session, outputs["MailIdentityDomain"]):
        console.print(f"  To do: {line}")


def _left_to_do(session: Any, domain: str) -> list[str]:  # noqa: ANN401  # boto3's Session is not typed here
    ses = session.client("sesv2")
    try:
        identity = ses.get_email_identity(EmailIdentity=domain)
        account = ses.get_account()
    except (ClientError, BotoCoreError) as error:
        return [f"look into SES: whether {domain} may send could not be asked ({type(error).__name__})"]
    tokens = identity.get("DkimAttributes", {}).get("Tokens", [])
    lines = [f"DNS: {t}._domainkey.{domain} CNAME {t}.dkim.amazonses.com" for t in tokens]
    if not identity.get("VerifiedForSendingStatus"):
        lines.append(f'DNS: _dmarc.{domain} TXT "v=DMARC1; p=quarantine; adkim=s"')
    if not account.get("ProductionAccessEnabled"):
        lines.append("SES: ask for production access; in the sandbox only verified addresses get mail.")
    return lines


def _sam() -> list[str]:
    """The SAM CLI: the one on PATH, else one in an environment of its own."""
    on_path = shutil.which("sam")
    if on_path:
        return [on_path]
    sam, stamp = SAM_VENV / "bin" / "sam", SAM_VENV / ".ready"
    wanted = SAM_REQUIREMENTS.read_text(encoding="utf-8")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        with console.status("Setting up the SAM CLI in .venv-sam; the first time takes a minute …"):
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(SAM_VENV)], check=True)
            pip = [str(SAM_VENV / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--require-hashes", "--requirement", str(SAM_REQUIREMENTS)], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return [str(sam)]


def _environment() -> dict[str, str]:
    return {**os.environ, "SAM_CLI_TELEMETRY": "0"}


def _is_local(environment: Mapping[str, str]) -> bool:
    """Whether the endpoint is an engine on this machine, whose interpreter is this one."""
    host = urlsplit(environment.get("AWS_ENDPOINT_URL", "")).hostname
    return host in ("127.0.0.1", "localhost", "::1")
