"""The processes of a local system are known by their command, whatever their number or interpreter."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.chosen_stack import StackOptions
from local import processes
from local.system import LocalSystem


@pytest.fixture
def sleepers(tmp_path: Path) -> Path:
    """A folder with modules named like those of a local system, which do nothing for ten minutes."""
    module = tmp_path / "local"
    module.mkdir()
    for name in ("__init__", *(module.rpartition(".")[2] for module in processes.MODULES.values())):
        text = "" if name == "__init__" else "import time; time.sleep(600)"
        (module / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_command_finds_the_ports_of_the_system_that_runs(sleepers: Path) -> None:
    state = sleepers / "state"
    arguments = {"engine": ["--port", "4321"], "front": ["--port", "8765", "--endpoint", "http://x:9"]}
    started = [
        subprocess.Popen(processes.command(name, state, words), start_new_session=True, cwd=sleepers)
        for name, words in arguments.items()
    ]
    try:
        while LocalSystem.running(state) is None and not any(one.poll() for one in started):
            time.sleep(0.01)

        assert LocalSystem.running(state) == LocalSystem(state, port=8765, engine_port=4321)
        assert StackOptions(local=True, state=state).running_system().engine_port == 4321
        given = StackOptions(local=True, state=state, engine_port=4444)
        assert given.running_system() == LocalSystem(state, port=8765, engine_port=4444)

        started[0].kill()
        started[0].wait()
        assert LocalSystem.running(state) is None  # half of it is none
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.parametrize("interpreter", ["python", "python3"])
def test_a_gateway_that_another_name_of_the_interpreter_started_is_found_and_ended(
    sleepers: Path, interpreter: str
) -> None:
    state, other = sleepers / "a state", sleepers / "a state of somebody else"
    state.mkdir()
    program = str(Path(sys.executable).with_name(interpreter))
    started = [
        subprocess.Popen(
            [program, "-m", "local.gateway", "--state", str(where), "--port", "1"],
            start_new_session=True,
            cwd=sleepers,
        )
        for where in (state, other)
    ]
    try:
        deadline = time.monotonic() + 60
        while "front" not in processes.running(state) and time.monotonic() < deadline:
            time.sleep(0.01)

        assert processes.running(state)["front"].pid == started[0].pid
        assert LocalSystem.running(state) is None  # the engine is missing
        assert LocalSystem(state).stop()

        assert started[0].poll() is not None
        assert started[1].poll() is None
        assert not LocalSystem(state).stop()
    finally:
        for process in started:
            process.kill()
            process.wait()
