"""The deployed stack by `samconfig.toml` and CloudFormation."""

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
    """The settings of `sam deploy`: the person's and the repo's."""
    settings: dict[str, Any] = _config().get("default", {}).get("deploy", {}).get("parameters", {})
    return settings


def region() -> str:
    """The stack's region: as deployed, else as the environment says."""
    return str(deploy_settings().get("region") or given_region())


def given_region() -> str:
    """The region that the environment names, else the default one."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def stack_name() -> str:
    """The stack's name."""
    named = {**_config().get("default", {}).get("global", {}).get("parameters", {}), **deploy_settings()}
    return str(named["stack_name"])


def _config() -> dict[str, Any]:
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))
