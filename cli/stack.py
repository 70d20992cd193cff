"""The deployed stack, as `samconfig.toml` and AWS know it."""

import os
import tomllib
from typing import Any

from infrastructure.build import ROOT

CONFIG = ROOT / "samconfig.toml"
DEFAULT_REGION = "eu-central-1"


def stack_outputs(session: Any) -> dict[str, str]:  # noqa: ANN401  # boto3's Session is not typed here
    """The outputs of the stack that `make deploy` made: names of its buckets and tables."""
    found = session.client("cloudformation").describe_stacks(StackName=stack_name())["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def deploy_settings() -> dict[str, Any]:
    """What was answered to `sam deploy`, and what the repo sets."""
    settings: dict[str, Any] = _config().get("default", {}).get("deploy", {}).get("parameters", {})
    return settings


def region() -> str:
    """Where the stack is: as deployed, else as the environment says."""
    return str(deploy_settings().get("region") or given_region())


def given_region() -> str:
    """The region that the environment names, else the default one."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def stack_name() -> str:
    """What the stack is called."""
    named = {**_config().get("default", {}).get("global", {}).get("parameters", {}), **deploy_settings()}
    return str(named["stack_name"])


def _config() -> dict[str, Any]:
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))
