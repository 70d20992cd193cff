"""SNS's list of subscriptions, in which e-mail addresses are pending until they are confirmed.

The engine regards all of them as confirmed. Here a request takes the place of the click on SNS's link:

    PUT /_local/sns/confirmed    ["alarm@example.org"]

Source: SNS API, ListSubscriptionsByTopic: "PendingConfirmation" in place of an ARN. No other operation is
implemented; clients call the engine for those.
"""

from xml.sax.saxutils import escape

from flask import Blueprint, Response, jsonify, request

from local.stack import LocalStack

LISTS = "ListSubscriptionsByTopic"
PENDING = "PendingConfirmation"
NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
MEMBERS = ("SubscriptionArn", "Owner", "Protocol", "Endpoint", "TopicArn")


def sns_api(stack: LocalStack) -> Blueprint:
    """The operation, and the request that confirms addresses."""
    api = Blueprint("sns", __name__, url_prefix="/_local/sns")
    confirmed: set[str] = set()

    @api.post("/", strict_slashes=False)
    def operation() -> Response:
        if request.form.get("Action") != LISTS:
            return _refused(f"The local SNS has no {request.form.get('Action')}.")
        listed = stack.sns.list_subscriptions_by_topic(TopicArn=request.form["TopicArn"])["Subscriptions"]
        return _answer([_with_status({**one}, confirmed) for one in listed])

    @api.put("/confirmed")
    def confirm() -> Response:
        confirmed.clear()
        confirmed.update(map(str, request.get_json(force=True)))
        return jsonify(sorted(confirmed))

    return api


def _with_status(subscription: dict[str, object], confirmed: set[str]) -> dict[str, object]:
    is_pending = subscription["Protocol"] == "email" and subscription["Endpoint"] not in confirmed
    return {**subscription, "SubscriptionArn": PENDING} if is_pending else subscription


def _answer(subscriptions: list[dict[str, object]]) -> Response:
    members = "".join(
        "<member>"
        + "".join(f"<{name}>{escape(str(one.get(name, '')))}</{name}>" for name in MEMBERS)
        + "</member>"
        for one in subscriptions
    )
    result = f"<{LISTS}Result><Subscriptions>{members}</Subscriptions></{LISTS}Result>"
    return _xml(f'<{LISTS}Response xmlns="{NAMESPACE}">{result}</{LISTS}Response>', 200)


def _refused(text: str) -> Response:
    error = f"<Error><Type>Sender</Type><Code>InvalidAction</Code><Message>{escape(text)}</Message></Error>"
    return _xml(f'<ErrorResponse xmlns="{NAMESPACE}">{error}</ErrorResponse>', 400)


def _xml(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/xml")
