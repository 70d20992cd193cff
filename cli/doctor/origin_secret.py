"""What the CDN adds to each request for the API, against what the API knows. Neither is ever shown."""

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from broadsheet.subscribers.endpoints.boundary import HEADER
from cli.doctor.aws_calls import run_check
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_cloudfront import CloudFrontClient
    from types_boto3_secretsmanager import SecretsManagerClient

ROTATION = "OriginSecretRotation"


def origin_secret(
    cloudfront: "CloudFrontClient",
    secrets: "SecretsManagerClient",
    outputs: Mapping[str, str],
    parameters: Mapping[str, str],
) -> list[Diagnosis]:
    """Whether both sides have the same secret.

    CloudFormation does not look again at a secret that was changed, while the template says the same of it.
    Source: CloudFormation User Guide, "Dynamic references", considerations.
    """

    def check() -> list[Diagnosis]:
        config = cloudfront.get_distribution_config(Id=outputs["DistributionId"])["DistributionConfig"]
        known = secrets.get_secret_value(SecretId=outputs["OriginSecret"])["SecretString"]
        sent = _sent(config)
        if sent and hmac.compare_digest(sent.encode(), known.encode()):
            return [Diagnosis(Level.OK, "CDN and API have the same secret")]
        rotation = int(parameters.get(ROTATION) or 0) + 1
        text = "CDN and API have different secrets" if sent else "The CDN sends the API no secret"
        return [Diagnosis(Level.FAULT, text, f"make deploy PARAMETERS={ROTATION}={rotation}")]

    return run_check("The secret of CDN and API", check)


def _sent(config: Mapping[str, Any]) -> str:
    """The value of our header at whichever origin has it."""
    headers = [
        header
        for origin in config.get("Origins", {}).get("Items", [])
        for header in origin.get("CustomHeaders", {}).get("Items", [])
    ]
    return next((str(one["HeaderValue"]) for one in headers if one["HeaderName"].lower() == HEADER), "")
