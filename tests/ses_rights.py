"""Which rights IAM asks for a call of the SES v2 API: pairs of an action and a resource.

A send is authorised for each of its actions on each resource that it uses, one by one: a policy that lacks a
single pair refuses the call with AccessDeniedException. A resource is the end of its ARN, behind
`arn:aws:ses:<region>:<account>:`: `identity/ninthbridge.example.org`, `configuration-set/Name`,
`template/Name`; `*` where the action has no resources.

Source, for the actions: v2's SendEmail has been refused without `ses:SendRawEmail`
(github.com/anymail/django-anymail/issues/384, github.com/aws/aws-actionmailer-ses-ruby/issues/10,
github.com/symfony/symfony/issues/51461); template content asks for the older API's action
(github.com/aws/aws-sdk-js-v3/issues/2061 for the single form). For the resources: the configuration set
(github.com/usdigitalresponse/usdr-gost/pull/3080), the stored template
(github.com/aws/serverless-application-model/issues/2844), and in the sandbox the recipient
(github.com/aws/aws-sdk-js/issues/3641, github.com/GSA/data.gov/issues/3810). Where the sender's address is an
identity itself it is asked for in place of its domain
(github.com/aws-samples/aws-serverless-batch-architecture/issues/1).

What is not known of the real service is asked for, because a right too many in a test's question costs a line
in the template, and one too few costs every mailing. Two things are left out: a default configuration set
of the identity, which a call does not show, and simulator addresses in the sandbox, which SES exempts from
verification (SES Developer Guide, "Request production access").
"""

from collections.abc import Collection, Iterator, Mapping
from email.utils import parseaddr
from typing import Any

SIMULATOR = "simulator.amazonses.com"
EVERYTHING = "*"
ON_NOTHING = {"GetAccount", "ListEmailIdentities"}
ON_AN_IDENTITY = {
    "CreateEmailIdentity",
    "DeleteEmailIdentity",
    "GetEmailIdentity",
    "PutEmailIdentityFeedbackAttributes",
    "PutEmailIdentityMailFromAttributes",
}


class UnknownOperationError(NotImplementedError):
    """The rights of this operation have not been looked up. Look them up; do not guess."""


def needed(
    operation: str,
    parameters: Mapping[str, Any],
    *,
    sandbox: bool = False,
    address_identities: Collection[str] = (),
) -> list[tuple[str, str]]:
    """What a role must be allowed for one call, each pair once, in order.

    `parameters` are those of the SDK's call. With `sandbox` the identities of recipients are asked for, too.
    `address_identities` are the addresses that are identities of the account.

    Raises:
        UnknownOperationError: the operation is not listed here.
    """
    if operation in ON_NOTHING:
        return [(f"ses:{operation}", EVERYTHING)]
    if operation in ON_AN_IDENTITY:
        return [(f"ses:{operation}", f"identity/{parameters['EmailIdentity']}")]
    resources = dict.fromkeys(_resources(operation, parameters, address_identities, sandbox=sandbox))
    return [(action, resource) for action in _actions(operation, parameters) for resource in resources]


def _actions(operation: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    if operation == "SendBulkEmail":
        return ("ses:SendBulkEmail", "ses:SendBulkTemplatedEmail")
    if operation != "SendEmail":
        raise UnknownOperationError(operation)
    older = "ses:SendTemplatedEmail" if "Template" in parameters["Content"] else "ses:SendRawEmail"
    return ("ses:SendEmail", older)


def _resources(
    operation: str, parameters: Mapping[str, Any], address_identities: Collection[str], *, sandbox: bool
) -> Iterator[str]:
    _, sender = parseaddr(parameters.get("FromEmailAddress", ""))
    yield f"identity/{sender if sender in address_identities else sender.rpartition('@')[2].lower()}"
    if name := parameters.get("ConfigurationSetName"):
        yield f"configuration-set/{name}"
    if template := _stored_template(parameters):
        yield f"template/{template}"
    if sandbox:
        yield from (f"identity/{address}" for address in _recipients(operation, parameters))


def _stored_template(parameters: Mapping[str, Any]) -> str:
    content = parameters.get("Content") or parameters.get("DefaultContent") or {}
    template = content.get("Template") or {}
    return str(template.get("TemplateName") or template.get("TemplateArn", "").rpartition("/")[2])


def _recipients(operation: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    """Everybody whom a call mails to, but the mailbox simulator."""
    many = [entry["Destination"] for entry in parameters.get("BulkEmailEntries", [])]
    for destination in many if operation == "SendBulkEmail" else [parameters.get("Destination", {})]:
        for kind in ("ToAddresses", "CcAddresses", "BccAddresses"):
            for given in destination.get(kind, []):
                _, address = parseaddr(given)
                if address.rpartition("@")[2].lower() != SIMULATOR:
                    yield address
