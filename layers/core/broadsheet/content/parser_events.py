"""The events of the Markdown parser (pyromark): our names for them, and the attributes of their nodes."""

from collections.abc import Callable, Iterator
from typing import Any

from broadsheet.characters import without_control

Events = Callable[[bytes], Iterator[tuple[Any, Any]]]  # parses a source; each event with its byte range
LEAF_NAMES = (
    {"Text": "text", "TaskListMarker": "text", "Code": "code", "Html": "html", "InlineHtml": "html"}
    | {"FootnoteReference": "footnote-mark", "SoftBreak": "soft-break", "HardBreak": "hard-break"}
    | {"Rule": "rule"}
)
BRANCH_NAMES = (
    {"Paragraph": "paragraph", "Heading": "heading", "BlockQuote": "quote", "CodeBlock": "code-block"}
    | {"HtmlBlock": "html-block", "List": "list", "Item": "item", "FootnoteDefinition": "footnote"}
    | {"Table": "table", "TableHead": "table-head", "TableRow": "table-row", "TableCell": "table-cell"}
    | {"Emphasis": "emphasis", "Strong": "strong", "Strikethrough": "deleted"}
    | {"Link": "link", "Image": "image"}
)
_BY_LABEL = ("Reference", "Collapsed", "Shortcut")


def name_and_detail(event: Any) -> tuple[str, Any]:  # noqa: ANN401  # events are strings or one-key dicts
    """The name of an event, or of its detail, and what it carries."""
    if isinstance(event, str):
        return event, None
    ((name, detail),) = event.items()
    return name, detail


def attributes_of(kind: str, detail: Any) -> dict[str, Any]:  # noqa: ANN401  # as the parser gives it
    """The attributes of a node of that kind (see `Node`)."""
    match kind:
        case "Heading":
            return {"level": int(detail["level"][1:])}
        case "List":
            return {"start": detail}
        case "Link" | "Image":
            scheme = "mailto:" if detail["link_type"] == "Email" else ""
            url, title = without_control(detail["dest_url"]), without_control(detail["title"])
            by_label = {"label": detail["id"]} if detail["link_type"] in _BY_LABEL else {}
            return {"url": scheme + url, "title": title, **by_label}
        case "FootnoteDefinition":
            return {"name": detail}
        case "Table":
            return {"alignments": detail}
    return {}
