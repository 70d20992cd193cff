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
    "cancel": ("cli.mailings:cancel", "End a mailing for good: who has not been mailed never will be."),
    "check": (
        "cli.issue_check:check",
        "Check issues as publishing would, without AWS; a folder stands for the issues in it.",
    ),
    "demo": ("cli.local_commands:demo", "Play the whole story on a fresh local system, checking every step."),
    "deploy": (
        "cli.deployment.command:deploy",
        "Build and deploy with SAM; what is given or asked for is kept in samconfig.toml.",
    ),
    "doctor": (
        "cli.doctor.command:doctor",
        "Look at everything that the system needs, line by line, and say what mends it.",
    ),
    "down": ("cli.local_commands:down", "Stop the local systems that `up` and `demo` started."),
    "history": (
        "cli.history:history",
        "Print what the register keeps of each issue, as JSON, for `build --history`.",
    ),
    "keys": ("cli.main:keys", "The keys of the list."),
    "panic": ("cli.panic:panic", "Let nobody open an address, at once; readers can still leave."),
    "pause": ("cli.mailings:pause", "Let a mailing make no further call; `resume` goes on where it was."),
    "rebuild": (
        "cli.rebuild:rebuild",
        "Bring back pages, feeds and pictures that are missing or differ; with --all, write every one anew.",
    ),
    "recover": (
        "cli.panic:recover",
        (
            "Undo `panic`, with a new key of addresses, under which the list is sealed before any mailing"
            " goes on."
        ),
    ),
    "resend": (
        "cli.mailings:resend",
        "Mail those again who were refused for a passing reason, and nobody else.",
    ),
    "restore": (
        "cli.table_restore:restore",
        "Copy back what a TABLE lacks and had at a time of the last days; `list` is the three of the list.",
    ),
    "resume": ("cli.mailings:resume", "Let a mailing go on that is paused, suspended or stopped."),
    "status": ("cli.mailings:status", "Show how far a mailing is, live until it is over."),
    "subscribers": ("cli.main:subscribers", "The list: take people in, take it out, count, find, forget."),
    "up": (
        "cli.local_commands:up",
        "Bring up the local system and leave it running; its state is kept over restarts.",
    ),
    "verify": (
        "cli.verifying:verify",
        "Look whether the stack does what it is for, without reading anyone's mail.",
    ),
}
LIST_COMMANDS = {
    "count": (
        "cli.list_lookup:count",
        "Count readers by audience, language and month; a number below five is not told.",
    ),
    "export": (
        "cli.list_export:export",
        "Take the list out: a CSV file, encrypted with age, with address, audiences, language and consent.",
    ),
    "find": ("cli.list_lookup:find", "Say what is kept of an address. Changes nothing."),
    "forget": ("cli.list_lookup:forget", "Erase all that is kept of an address, at once and for good."),
    "import": (
        "cli.list_import:import_",
        "Take in people from elsewhere, out of a CSV FILE with any headings.",
    ),
}
KEY_COMMANDS = {
    "rotate": (
        "cli.keys:rotate",
        "Make a new key of addresses, and seal the list under it; functions do it, no address comes here.",
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
    """The list: take people in, take it out, count, find, forget."""


@click.group(cls=LazyGroup, lazy=KEY_COMMANDS)
def keys() -> None:
    """The keys of the list."""
