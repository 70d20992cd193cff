"""`broadsheet`: the commands for editors and operators; each is in the module that carries it out."""

import io
import sys

import click

from cli.lazy import LazyGroup

COMMANDS = {
    "build": (
        "cli.site_build:build",
        "Render the whole site from a folder laid out like the desk, without AWS.",
    ),
    "cancel": (
        "cli.mailings:cancel",
        "End a mailing for good: whoever has not been emailed yet will not be.",
    ),
    "check": (
        "cli.issue_check:check",
        "Check issues the way publishing does, without AWS; for a folder, all issues in it.",
    ),
    "convert": (
        "cli.convert:convert",
        "Convert an export of WordPress, Ghost, Substack or another system into a folder like the desk.",
    ),
    "demo": ("cli.local_commands:demo", "Run the whole demo on a fresh local system, checking every step."),
    "deploy": (
        "cli.deployment.command:deploy",
        "Build and deploy with SAM; your parameters and answers are kept in samconfig.toml.",
    ),
    "doctor": (
        "cli.doctor.command:doctor",
        "Check everything that the system needs, line by line, and say how to fix it.",
    ),
    "down": ("cli.local_commands:down", "Stop the local systems that `up` and `demo` started."),
    "history": (
        "cli.history:history",
        "Print what the register knows about each issue, as JSON, for `build --history`.",
    ),
    "keys": ("cli.main:keys", "The keys of the list."),
    "panic": (
        "cli.panic:panic",
        "Lock all addresses now, so that nobody can open them; readers can still unsubscribe.",
    ),
    "pause": ("cli.mailings:pause", "Pause a mailing; `resume` continues where it stopped."),
    "rebuild": (
        "cli.rebuild:rebuild",
        (
            "Bring back pages, feeds and pictures that are missing or differ; with --all, write every one"
            " again."
        ),
    ),
    "recover": (
        "cli.panic:recover",
        (
            "Undo `panic`, with a new address key, under which the list is resealed before any mailing"
            " continues."
        ),
    ),
    "resend": (
        "cli.mailings:resend",
        "Email again those who were refused for a temporary reason, and nobody else.",
    ),
    "restore": (
        "cli.table_restore:restore",
        (
            "Copy back what a TABLE had at a time in the last days and lacks now; `list` is the three of"
            " the list."
        ),
    ),
    "resume": ("cli.mailings:resume", "Resume a mailing that was paused, suspended or stopped."),
    "status": ("cli.mailings:status", "Show the progress of a mailing, live until it ends."),
    "subscribers": ("cli.main:subscribers", "The subscriber list: import, export, count, find, forget."),
    "up": (
        "cli.local_commands:up",
        "Start the local system and leave it running; its state survives restarts.",
    ),
    "verify": (
        "cli.verifying:verify",
        "Check that the stack does its work, without reading anyone's email.",
    ),
}
LIST_COMMANDS = {
    "count": (
        "cli.list_lookup:count",
        "Count readers by audience, language and month; numbers below five are not shown.",
    ),
    "export": (
        "cli.list_export:export",
        "Export the list as a CSV file, encrypted with age: address, audiences, language and consent.",
    ),
    "find": ("cli.list_lookup:find", "Show what is stored about an address. Changes nothing."),
    "forget": ("cli.list_lookup:forget", "Erase everything stored about an address."),
    "import": (
        "cli.list_import:import_",
        "Import subscribers from a CSV FILE with any headings.",
    ),
}
KEY_COMMANDS = {
    "rotate": (
        "cli.keys:rotate",
        "Make a new address key, and reseal the list under it; functions do it, no address leaves AWS.",
    ),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "--version", package_name="broadsheet", message="broadsheet %(version)s")
def main() -> None:
    """Broadsheet, a newsletter press."""
    for stream in (sys.stdout, sys.stderr):  # a terminal may lack letters of ours, and no command ends for it
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@click.group(cls=LazyGroup, lazy=LIST_COMMANDS)
def subscribers() -> None:
    """The subscriber list: import, export, count, find, forget."""


@click.group(cls=LazyGroup, lazy=KEY_COMMANDS)
def keys() -> None:
    """The keys of the list."""
