"""The story that `make demo` plays."""

from pathlib import Path

from cli.local_commands import play_demo
from local.system import LocalSystem, free_port


def test_every_check_of_the_story_holds(tmp_path: Path) -> None:
    port, engine_port = free_port(), free_port()
    try:
        assert play_demo(tmp_path / "demo", port, engine_port)
    finally:
        LocalSystem(tmp_path / "demo", port, engine_port).stop()
