"""The processes of a local system are known by their command, whatever their number or interpreter."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from local import processes
from local.system import LocalSystem, free_port


@pytest.mark.parametrize("interpreter", ["python", "python3"])
def test_a_gateway_that_another_name_of_the_interpreter_started_is_found_and_ended(
    tmp_path: Path, interpreter: str
) -> None:
    state, other = tmp_path / "a state", tmp_path / "a state of somebody else"
    state.mkdir()
    waits = "import time; time.sleep(600)"  # it would end at once, having no credentials
    module = tmp_path / "local"
    module.mkdir()
    (module / "__init__.py").touch()
    (module / "gateway.py").write_text(waits, encoding="utf-8")
    program = str(Path(sys.executable).with_name(interpreter))
    started = [
        subprocess.Popen(
            [program, "-m", "local.gateway", "--state", str(where), "--port", "1"],
            start_new_session=True,
            cwd=tmp_path,
        )
        for where in (state, other)
    ]
    try:
        deadline = time.monotonic() + 60
        while "front" not in processes.running(state) and time.monotonic() < deadline:
            time.sleep(0.01)

        assert processes.running(state)["front"].pid == started[0].pid
        assert not LocalSystem(state, free_port(), free_port()).is_running()  # the engine is missing
        assert LocalSystem(state).stop()

        assert started[0].poll() is not None
        assert started[1].poll() is None
        assert not LocalSystem(state).stop()
    finally:
        for process in started:
            process.kill()
            process.wait()
