"""Bars that show on a terminal how far a build is."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.console import PrintableConsole
from cli.generator import Build


def render(built: Build) -> None:
    """Build all pages, and show how many issues and years are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = PrintableConsole(stderr=True)
    with built.issues() as issues, Progress(*columns, console=console, transient=True) as progress:
        for _ in progress.track(issues, total=len(built.ids), description="Issues"):
            pass
        for _ in progress.track(built.finish(), total=len(built.register.years()), description="Years"):
            pass
