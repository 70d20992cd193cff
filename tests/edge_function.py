"""The text of the viewer-request function as it is deployed, with and without its options."""

from infrastructure.build import EDGE_FUNCTION, read_template
from tests.template_rules import of_type


def deployed_code(*, has_redirects: bool, home: str = "") -> str:
    """The text that CloudFormation makes of the template's join."""
    properties = dict(of_type(read_template(), EDGE_FUNCTION))["PageAddresses"]
    separator, (*options, text) = properties["FunctionCode"]["Fn::Join"]
    chosen = {option["Fn::If"][0]: option["Fn::If"][1:] for option in options}
    with_store, without_store = chosen["HasRedirects"]
    with_home, without_home = chosen["HasOtherDomainNames"]
    lines = [
        with_store if has_redirects else without_store,
        with_home["Fn::Sub"].replace("${DomainName}", home) if home else without_home,
    ]
    return str(separator.join([*lines, text]))
