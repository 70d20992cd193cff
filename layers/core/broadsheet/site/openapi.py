"""`/openapi.json`: the description of the API, for programs and for forms on other sites.

Source: OpenAPI Specification 3.1.1; RFC 9457 for problems, RFC 8058 for one-click unsubscribing.
"""

import json
from typing import Any

from broadsheet.http import BODY_LIMIT_BYTES, FORM, JSON, MULTIPART, PROBLEM
from broadsheet.newsletter import Newsletter
from broadsheet.site.layout import Page

VERSION = "1"  # of the description; raise it if a change breaks a client
PATH = "openapi.json"
Json = dict[str, Any]


def openapi(newsletter: Newsletter) -> Page:
    """The page of the description."""
    return Page(PATH, json.dumps(description(newsletter), ensure_ascii=False, indent=1) + "\n")


def description(newsletter: Newsletter) -> Json:
    """The description, with this newsletter's audiences and editions; other methods get 405 with `Allow`."""
    audiences = [audience.id for audience in newsletter.audiences]
    languages = sorted({edition.language for edition in newsletter.editions.values()})
    return {
        "openapi": "3.1.1",
        "info": {
            "title": f"{newsletter.name}: sign-up, confirmation, unsubscribing",
            "version": VERSION,
            "description": (
                "Reading changes nothing: GET and HEAD may be repeated by anyone who finds a link. Other"
                " methods than those named get 405. A program that sends JSON, or accepts JSON and no HTML,"
                " gets JSON; everyone else gets pages. No cookie is set or read, no answer may be cached."
            ),
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/subscribe": _sign_up(audiences, list(newsletter.editions)),
            "/api/confirm": _link(
                newsletter, "confirm", "Show the button that confirms a sign-up or a new address.", CONFIRM
            ),
            "/api/manage": _link(
                newsletter,
                "manage",
                "Show what a reader receives and what is kept.",
                _manage(audiences, languages),
            ),
            "/api/unsubscribe": _link(newsletter, "unsubscribe", "Show the unsubscribe button.", UNSUBSCRIBE),
        },
        "components": {"schemas": {"Problem": PROBLEM_SCHEMA, "Done": DONE_SCHEMA}},
    }


def _object(required: list[str], properties: Json) -> Json:
    return {"type": "object", "required": required, "properties": properties}


TEXT: Json = {"type": "string"}
PROBLEM_SCHEMA = _object(
    ["type", "title", "status"],
    {
        "type": {"const": "about:blank"},
        "title": TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": TEXT,
        "errors": {"type": "array", "items": _object(["field", "detail"], {"field": TEXT, "detail": TEXT})},
    },
)
DONE_SCHEMA = _object(
    ["status", "detail"],
    {
        "status": {
            "enum": ["accepted", "confirmed", "saved", "address", "record", "link", "unsubscribed", "erased"]
        },
        "detail": {**TEXT, "description": "The same for a person, in the edition's language."},
    },
)
PAGE: Json = {"text/html": {"schema": TEXT}}
PROBLEM_OR_PAGE: Json = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}, **PAGE}
DONE: Json = {JSON: {"schema": {"$ref": "#/components/schemas/Done"}}}


def _problem(text: str, **headers: str) -> Json:
    named = {
        name.replace("_", "-"): {"description": about, "schema": TEXT} for name, about in headers.items()
    }
    return {"description": text, "content": PROBLEM_OR_PAGE, **({"headers": named} if named else {})}


BODY_PROBLEMS: Json = {
    "400": _problem("The body is not what its content type says, or has too many fields."),
    "413": _problem(f"The body has more than {BODY_LIMIT_BYTES} bytes."),
    "415": _problem("The body is neither a form nor JSON."),
}
GONE = _problem("The link is forged, damaged, of another purpose, used up or too old, or its reader is gone.")
FAILED: Json = {
    "503": _problem("Something behind the API failed. Try again.", retry_after="Seconds until it may work.")
}
SEE_OTHER: Json = {
    "description": "Done. A page says so.",
    "headers": {"Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}}},
}


def _body(properties: Json, required: list[str]) -> Json:
    """A form in each of its three encodings; a field that may be sent more than once is a list."""
    schema = _object(required, properties)
    return {"required": True, "content": {kind: {"schema": schema} for kind in (FORM, MULTIPART, JSON)}}


def _sign_up(audiences: list[str], editions: list[str]) -> Json:
    """The path of the sign-up form: POST signs up; whoever opens the address is led to the form."""
    led: Json = {"303": {**SEE_OTHER, "description": "The form is there."}, **FAILED}
    return {
        "parameters": [_in_words_of(editions)],
        "get": {"operationId": "show_subscribe", "summary": "Go to the form.", "responses": led},
        "head": {"operationId": "look_at_subscribe", "summary": "As GET.", "responses": led},
        "post": _subscribe(audiences, editions),
    }


def _in_words_of(editions: list[str]) -> Json:
    return {
        "name": "in",
        "in": "query",
        "schema": {"enum": editions},
        "description": "Edition whose language the answer uses.",
    }


def _subscribe(audiences: list[str], editions: list[str]) -> Json:
    return {
        "operationId": "subscribe",
        "summary": "Request a subscription. The answer is the same for every address.",
        "requestBody": _body(
            {
                "email": {"type": "string", "format": "email", "maxLength": 254},
                "audience": {"type": "array", "minItems": 1, "items": {"enum": audiences}},
                "edition": {
                    "enum": editions,
                    "description": "Edition whose language the answer uses; default: the first.",
                },
                "website": {"type": "string", "maxLength": 0, "description": "Leave it empty: a trap."},
            },
            ["email", "audience"],
        ),
        "responses": {
            "202": {
                "description": (
                    "An email with a link to confirm is on its way. As a page, for an address whose domain"
                    " seems mistyped: the same, and the form with the likely address in it."
                ),
                "content": {**DONE, **PAGE},
            },
            "303": SEE_OTHER,
            **BODY_PROBLEMS,
            "422": _problem("A field is not valid; `errors` says which, and what to do."),
            "429": _problem(
                "This network has used up its sign-ups for today.", retry_after="Seconds until the next."
            ),
            "503": _problem(
                "Sign-up is paused; with `Retry-After`, something behind the API failed: try again.",
                retry_after="Seconds until it may work.",
            ),
        },
    }


def _link(newsletter: Newsletter, name: str, summary: str, post: Json) -> Json:
    """The path of a link in emails: GET shows a page, whose buttons post."""
    shown: Json = {"200": {"description": "The page.", "content": dict(PAGE)}, "410": GONE, **FAILED}
    if name == "manage":
        shown["200"]["content"][JSON] = {"schema": {"type": "object"}}
    return {
        "parameters": [
            {"name": "t", "in": "query", "required": True, "schema": TEXT, "description": "The token."},
            _in_words_of(list(newsletter.editions)),
        ],
        "get": {"operationId": f"show_{name}", "summary": summary, "responses": shown},
        "head": {
            "operationId": f"look_at_{name}",
            "summary": "As GET, without the page.",
            "responses": shown,
        },
        "post": {"operationId": name, **post},
    }


CONFIRM: Json = {
    "summary": "Confirm a sign-up or a new address. Repeating it gives the same answer.",
    "requestBody": {"content": {FORM: {"schema": {"type": "object"}}}},
    "responses": {
        "200": {"description": "Confirmed.", "content": DONE},
        "303": SEE_OTHER,
        "410": GONE,
        **FAILED,
    },
}
ONE_CLICK: Json = {
    "type": "object",
    "properties": {"List-Unsubscribe": {"const": "One-Click"}, "button": TEXT},
}
UNSUBSCRIBE: Json = {
    "summary": (
        "Unsubscribe. Without `button` it is an email provider's one click, which never gets an error."
    ),
    "description": "RFC 8058: form or multipart, 200 without redirect, even for an invalid token.",
    "requestBody": {"content": {kind: {"schema": ONE_CLICK} for kind in (FORM, MULTIPART)}},
    "responses": {
        "200": {"description": "One click: the reader gets no more email.", "content": {**DONE, **PAGE}},
        "303": {**SEE_OTHER, "description": "The button: redirects to a confirmation page."},
        "410": GONE,
        **FAILED,
    },
}


def _manage(audiences: list[str], languages: list[str]) -> Json:
    return {
        "summary": "Save choices, change the address, request the data, unsubscribe, or erase everything.",
        "description": (
            "`link` emails a new link to the page to the reader; a link from an issue can request nothing"
            " else here; the answer is the same whether or not there is such a reader. `address` requires"
            " a link that is at most two days old; the answer is the same for every address."
        ),
        "requestBody": _body(
            {
                "action": {"enum": ["save", "address", "record", "link", "leave", "erase"]},
                "audience": {
                    "type": "array",
                    "items": {"enum": audiences},
                    "description": "For `save`: all of them.",
                },
                "language": {"enum": languages, "description": "For `save`."},
                "email": {
                    "type": "string",
                    "format": "email",
                    "maxLength": 254,
                    "description": "For `address`: the new address.",
                },
                "not_again": {
                    "enum": ["yes"],
                    "description": "For `erase`: never email this address again.",
                },
            },
            ["action"],
        ),
        "responses": {
            "200": {"description": "Done.", "content": DONE},
            "202": {
                "description": (
                    "An email is on its way: to confirm, or with the data or a link. As a page, for a new"
                    " address whose domain seems mistyped: the same, and the form with the likely one in it."
                ),
                "content": {**DONE, **PAGE},
            },
            "303": SEE_OTHER,
            **BODY_PROBLEMS,
            "403": _problem("`address`: the link is older than two days."),
            "410": GONE,
            "422": _problem("There is no such action, audience or language, or the address is not valid."),
            "429": _problem(
                "`address`, `link`: this network has used up its share for today.",
                retry_after="Seconds until the next.",
            ),
            **FAILED,
        },
    }
