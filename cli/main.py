"""`broadsheet`: the commands for editors and operators."""

from pathlib import Path

import click

from cli.build import ROOT

LOCAL = ROOT / ".local"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Broadsheet, a newsletter press."""


@main.command()
@click.option("--port", default=8080, help="The address in the browser.")
@click.option("--engine-port", default=4566, help="Where the local AWS listens.")
@click.option("--hold", default=30, help="Seconds between publishing and mailing.")
@click.option(
    "--state", default=LOCAL / "system", type=click.Path(path_type=Path), help="Where state is kept."
)
def up(port: int, engine_port: int, hold: int, state: Path) -> None:
    """Bring up the local system and leave it running; its state is kept over restarts."""
    from cli.running import bring_up

    bring_up(state, port, engine_port, hold)


@main.command()
def down() -> None:
    """Stop the local systems that `up` and `demo` started."""
    from cli.running import take_down

    take_down([LOCAL / "system", LOCAL / "demo"])


@main.command()
@click.option("--port", default=8090, help="The address in the browser.")
@click.option("--engine-port", default=4576, help="Where the local AWS listens.")
def demo(port: int, engine_port: int) -> None:
    """Play the whole story on a fresh local system, checking every step."""
    from cli.story import play

    raise SystemExit(play(LOCAL / "demo", port, engine_port))


@main.command()
@click.option(
    "--parameter", "parameters", multiple=True, metavar="KEY=VALUE", help="A parameter of template.yaml."
)
def deploy(parameters: tuple[str, ...]) -> None:
    """Build and deploy with SAM; what it asks the first time is kept in samconfig.toml."""
    from cli.deploying import deploy as deploy_stack

    deploy_stack(parameters)
