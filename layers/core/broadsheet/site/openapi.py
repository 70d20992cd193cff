"""`/openapi.json`: what the API takes and answers, for programs and for whoever writes a form of their own.

Source: OpenAPI Specification 3.1.1; RFC 9457 for problems, RFC 8058 for one-click leaving.
"""

import json
from typing import Any

from broadsheet.http import BODY_LIMIT_BYTES, FORM, JSON, MULTIPART, PROBLEM
from broadsheet.newsletter import Newsletter
from broadsheet.site.layout import Page

VERSION = "1"  # of the description; raise it when something that was promised changes
PATH = "openapi.json"
Json = dict[str, Any]


def openapi(newsletter: Newsletter) -> Page:
    """The description, with this newsletter's audiences and editions."""
    return Page(PATH, json.dumps(description(newsletter), ensure_ascii=False, indent=1) + "\n")


def description(newsletter: Newsletter) -> Json:
    """The document. Any method that a path does not name is answered by 405 with `Allow`."""
    audiences = [audience.id for audience in newsletter.audiences]
    languages = sorted({edition.language for edition in newsletter.editions.values()})
    return {
        "openapi": "3.1.1",
        "info": {
            "title": f"{newsletter.name}: sign-up, confirmation, leaving",
            "version": VERSION,
            "description": (
                "Reading changes nothing: GET and HEAD may be repeated by anybody who finds a link. Other"
                " methods than those named get 405. A program that sends JSON, or accepts JSON and no HTML,"
                " gets JSON; everybody else gets pages. No cookie is set or read, no answer may be cached."
            ),
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/subscribe": {"post": _subscribe(audiences, list(newsletter.editions))},
            "/api/confirm": _link(
                newsletter, "confirm", "Show the button that confirms a sign-up.", _confirm()
            ),
            "/api/manage": _link(
                newsletter,
                "manage",
                "Show what a reader receives and what is kept.",
                _manage(audiences, languages),
            ),
            "/api/unsubscribe": _link(
                newsletter, "unsubscribe", "Show the button that leaves.", _unsubscribe()
            ),
        },
        "components": {"schemas": {"Problem": PROBLEM_SCHEMA, "Done": DONE_SCHEMA}},
    }


PROBLEM_SCHEMA: Json = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
DONE_SCHEMA: Json = {
    "type": "object",
    "required": ["status", "detail"],
    "properties": {
        "status": {"enum": ["accepted", "confirmed", "saved", "record", "link", "unsubscribed", "erased"]},
        "detail": {"type": "string", "description": "The same for a person, in the edition's language."},
    },
}
PAGE: Json = {"text/html": {"schema": {"type": "string"}}}
PROBLEM_OR_PAGE: Json = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}, **PAGE}
DONE: Json = {JSON: {"schema": {"$ref": "#/components/schemas/Done"}}}


def _problem(text: str, **headers: str) -> Json:
    named = {
        name.replace("_", "-"): {"description": about, "schema": {"type": "string"}}
        for name, about in headers.items()
    }
    return {"description": text, "content": PROBLEM_OR_PAGE, **({"headers": named} if named else {})}


BODY_PROBLEMS: Json = {
    "400": _problem("The body is not what its content type says, or has too many fields."),
    "413": _problem(f"The body has more than {BODY_LIMIT_BYTES} bytes."),
    "415": _problem("The body is neither a form nor JSON."),
}
GONE = _problem(
    "The link is forged, damaged, of another purpose, used up or too old; or nobody is there any more."
)
FAILED: Json = {
    "503": _problem("Something behind the API failed. Come again.", retry_after="Seconds until it may work.")
}
SEE_OTHER: Json = {
    "description": "Done. A page says so.",
    "headers": {"Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}}},
}


def _body(properties: Json, required: list[str]) -> Json:
    """A form in each of the three ways; a field that may come more than once is a list."""
    schema = {"type": "object", "required": required, "properties": properties}
    return {"required": True, "content": {kind: {"schema": schema} for kind in (FORM, MULTIPART, JSON)}}


def _subscribe(audiences: list[str], editions: list[str]) -> Json:
    return {
        "operationId": "subscribe",
        "summary": "Ask for the newsletter. The answer is the same for every address.",
        "requestBody": _body(
            {
                "email": {"type": "string", "format": "email", "maxLength": 254},
                "audience": {"type": "array", "minItems": 1, "items": {"enum": audiences}},
                "edition": {"enum": editions, "description": "In whose words to answer; else the first."},
                "website": {"type": "string", "maxLength": 0, "description": "Leave it empty: a trap."},
            },
            ["email", "audience"],
        ),
        "responses": {
            "202": {"description": "A mail with a link that confirms is on its way.", "content": DONE},
            "303": SEE_OTHER,
            **BODY_PROBLEMS,
            "422": _problem("A field can't be taken; `errors` says which, and what to do."),
            "429": _problem(
                "This network had its sign-ups of the day.", retry_after="Seconds until the next."
            ),
            "503": _problem(
                "Sign-up is closed for now; with `Retry-After`, something behind the API failed: come again.",
                retry_after="Seconds until it may work.",
            ),
        },
    }


def _link(newsletter: Newsletter, name: str, summary: str, post: Json) -> Json:
    """A path behind a link of a mail: it shows, and what is pressed there posts."""
    shown: Json = {"200": {"description": "The page.", "content": dict(PAGE)}, "410": GONE, **FAILED}
    if name == "manage":
        shown["200"]["content"][JSON] = {"schema": {"type": "object"}}
    return {
        "parameters": [
            {
                "name": "t",
                "in": "query",
                "required": True,
                "schema": {"type": "string"},
                "description": "The token.",
            },
            {
                "name": "in",
                "in": "query",
                "schema": {"enum": list(newsletter.editions)},
                "description": "In whose words.",
            },
        ],
        "get": {"operationId": f"show_{name}", "summary": summary, "responses": shown},
        "head": {
            "operationId": f"look_at_{name}",
            "summary": "As GET, without the page.",
            "responses": shown,
        },
        "post": {"operationId": name, **post},
    }


def _confirm() -> Json:
    return {
        "summary": "Confirm a sign-up. A second time says the same.",
        "requestBody": {"content": {FORM: {"schema": {"type": "object"}}}},
        "responses": {
            "200": {"description": "Confirmed.", "content": DONE},
            "303": SEE_OTHER,
            "410": GONE,
            **FAILED,
        },
    }


def _manage(audiences: list[str], languages: list[str]) -> Json:
    return {
        "summary": "Save what is wished, ask for the record by mail, leave, or have everything erased.",
        "description": (
            "`link` has a fresh link to the page mailed to the reader, and is all that a link of a letter can"
            " ask for here; the answer is the same whether or not there is such a reader."
        ),
        "requestBody": _body(
            {
                "action": {"enum": ["save", "record", "link", "leave", "erase"]},
                "audience": {
                    "type": "array",
                    "items": {"enum": audiences},
                    "description": "For `save`: all of them.",
                },
                "language": {"enum": languages, "description": "For `save`."},
                "not_again": {
                    "enum": ["yes"],
                    "description": "For `erase`: keep to it that no mail ever comes.",
                },
            },
            ["action"],
        ),
        "responses": {
            "200": {"description": "Done.", "content": DONE},
            "202": {"description": "The record, or a fresh link, is on its way by mail.", "content": DONE},
            "303": SEE_OTHER,
            **BODY_PROBLEMS,
            "410": GONE,
            "422": _problem("There is no such action, audience or language."),
            "429": _problem(
                "`link`: this network had its share of the day.", retry_after="Seconds until the next."
            ),
            **FAILED,
        },
    }


def _unsubscribe() -> Json:
    return {
        "summary": "Leave. Without `button` it is a mail provider's one click, which never gets an error.",
        "description": "RFC 8058: form or multipart, 200 without redirect, whatever the token is worth.",
        "requestBody": {
            "content": {
                kind: {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "List-Unsubscribe": {"const": "One-Click"},
                            "button": {"type": "string"},
                        },
                    }
                }
                for kind in (FORM, MULTIPART)
            }
        },
        "responses": {
            "200": {"description": "One click: whoever it was gets no more.", "content": {**DONE, **PAGE}},
            "303": {**SEE_OTHER, "description": "The button: a page says goodbye."},
            "410": GONE,
            **FAILED,
        },
    }
