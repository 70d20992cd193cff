"""What the engine's process needs of MiniStack is looked for before it starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import credentials
from local.engine import Engine
from local.engine_process import OtherMiniStackError, check


def test_the_installed_ministack_has_every_function_that_is_wrapped(tmp_path: Path) -> None:
    """In a process of its own: MiniStack sets up logging where it is imported."""
    store = f"Store(Path({str(tmp_path / 'state.sqlite')!r}))"
    program = (
        "from pathlib import Path; from local.store import Store;"
        f"from local.engine_process import check, install; check(); install('secret', 1, {store})"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_schedules_that_are_due_are_looked_for_every_second(tmp_path: Path) -> None:
    """In a process of its own, as above; time passes only where the scheduler sleeps."""
    store = f"Store(Path({str(tmp_path / 'state.sqlite')!r}))"
    program = (
        "import sys; from pathlib import Path; from local.store import Store;"
        f"from local.engine_process import install; install('secret', 1, {store});"
        "from ministack.services import scheduler;"
        "scheduler.time.sleep = lambda seconds: sys.exit(f'{seconds:.0f} s');"
        "scheduler._ticker_loop()"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "1 s\n")


@pytest.mark.parametrize(
    ("module", "name", "parameters", "words"),
    [
        ("bisect", "gone", "a x", r"has no bisect\.gone\(a, x\)\."),
        ("bisect", "gone", None, r"has no bisect\.gone\."),
        ("fnmatch", "fnmatch", "name", r"has no fnmatch\.fnmatch\(name\)\..*install that, or adapt NEEDED"),
    ],
)
def test_another_ministack_is_refused_by_name(
    module: str, name: str, parameters: str | None, words: str
) -> None:
    with pytest.raises(OtherMiniStackError, match=words):
        check({module: {name: parameters}})


def test_a_function_that_exists_with_its_parameters_is_accepted() -> None:
    check({"fnmatch": {"fnmatch": "name pat", "__all__": None}})


def test_the_account_s_limit_is_passed_to_the_engine_only_where_one_is_set(tmp_path: Path) -> None:
    credentials.make(tmp_path)

    def passed_limit(limit: int | None) -> str | None:
        engine = Engine(1, tmp_path, limit)
        return engine.environment("http://127.0.0.1:2").get("LAMBDA_ACCOUNT_CONCURRENCY")

    assert [passed_limit(10), passed_limit(None)] == ["10", None]
