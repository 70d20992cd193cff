"""The text of the viewer-request function as it is deployed, with and without a key-value store."""

from infrastructure.build import EDGE_FUNCTION, read_template
from tests.template_rules import of_type


def deployed_code(*, has_redirects: bool) -> str:
    """The text that CloudFormation makes of the template's join."""
    properties = dict(of_type(read_template(), EDGE_FUNCTION))["PageAddresses"]
    separator, (first, text) = properties["FunctionCode"]["Fn::Join"]
    condition, with_store, without_store = first["Fn::If"]
    assert condition == "HasRedirects"
    return str(separator.join([with_store if has_redirects else without_store, text]))
