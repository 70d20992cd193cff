"""What a file says of its people outside of its columns: in a title, or between its rows."""

from collections.abc import Iterable, Sequence

from broadsheet.subscribers.mailing_list.values import names_leavers


def said_beside_the_table(titles: Iterable[str], divided_on: Sequence[int]) -> list[str]:
    """Why nobody of the file can be taken as it is, in sentences for the operator; `divided_on` are lines."""
    said = []
    if any(names_leavers(title) for title in titles):
        said.append(
            "What stands above the headings says that these people left."
            " If they did not, take it out of the file."
        )
    if divided_on:
        said.append(
            f"Line {divided_on[0]} says something of those below it, as a heading does:"
            " make two files of this one, and import each."
        )
    return said
