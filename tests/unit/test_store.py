"""A store keeps every write that returned, wholly, whenever its process is killed."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local.store import Store

# Writes numbered pairs and says each number once its write has returned; a small log is folded in often.
WRITER = """
import sys
from pathlib import Path
from local.store import Store
store = Store(Path(sys.argv[1]))
store._database.execute("PRAGMA wal_autocheckpoint = 4")
first = 1 + max((int(value) for _, value in store.entries("left")), default=0)
for number in range(first, first + 100_000):
    key = f"{number % 50:03}"
    pair = {("left", key): str(number), ("right", key): str(number)}
    store.write({**pair, ("big", key): "x" * (number % 7) * 9_000})
    print(number, flush=True)
"""


def numbers(store: Store, collection: str) -> dict[str, int]:
    return {key: int(value) for key, value in store.entries(collection)}


def test_whatever_was_acknowledged_is_there_after_each_of_many_kills(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    for lines in (1, 2, 3, 40, 150, 151, 152, 400):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout
        acknowledged = [int(writer.stdout.readline()) for _ in range(lines)][-1]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.communicate()[0].split("\n")[:-1])])

        store = Store(file)
        left, right = numbers(store, "left"), numbers(store, "right")

        assert max(left.values()) in (acknowledged, acknowledged + 1)  # the last may have been on its way
        assert left == right
        assert {key: len(value) for key, value in store.entries("big")} == {
            key: number % 7 * 9_000 for key, number in left.items()
        }
        store.close()


@pytest.mark.parametrize("lost", [1, 100, 4096, 5000])
def test_a_torn_last_write_is_left_out_and_what_came_before_it_is_there(tmp_path: Path, lost: int) -> None:
    """As a kill in the middle of the operating system's write would leave the log."""
    store = Store(tmp_path / "state.sqlite")
    store.write({("table", "first"): "1"})
    size = (tmp_path / "state.sqlite-wal").stat().st_size
    store.write({("table", "second"): "2" * 9_000, ("table", "third"): "3"})
    torn = tmp_path / "torn"
    torn.mkdir()
    for name in ("state.sqlite", "state.sqlite-wal"):
        shutil.copy(tmp_path / name, torn / name)
    log = torn / "state.sqlite-wal"
    os.truncate(log, log.stat().st_size - lost)
    assert log.stat().st_size > size

    found = list(Store(torn / "state.sqlite").entries("table"))

    assert found == [("first", "1")]
    assert [key for key, _ in store.entries("table")] == ["first", "second", "third"]


def test_the_same_write_again_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    for _ in range(2):
        store.write({("table", "gone"): None, ("table", "kept"): "1"}, ["emptied"])

    assert store.collections() == ["table"]
    assert list(store.entries("table")) == [("kept", "1")]


def test_a_collection_is_emptied_before_the_changes_of_the_same_write(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    store.write({("table", "old"): "1", ("another", "old"): "1"})

    store.write({("table", "new"): "2"}, ["table"])

    assert list(store.entries("table")) == [("new", "2")]
    assert list(store.entries("another")) == [("old", "1")]


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    store.write({("table", "a"): "1"})

    with pytest.raises(Exception, match=r"UTF-8|surrogates"):
        store.write({("table", "a"): "2", ("table", "b"): "\ud800"}, ["table"])
    store.write({("table", "c"): "3"})

    assert list(store.entries("table")) == [("a", "1"), ("c", "3")]


def test_big_and_odd_values_come_back_as_they_were(tmp_path: Path) -> None:
    values = {"": "", "big": "é" * 4_000_000, "ключ\n\0": json.dumps({"a": "\0'\"\\ 🙂"})}
    store = Store(tmp_path / "state.sqlite")
    store.write({("таблица 1", key): value for key, value in values.items()})
    store.close()

    assert dict(Store(tmp_path / "state.sqlite").entries("таблица 1")) == values


def test_nothing_that_was_deleted_is_left_in_the_files(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    store.write({("queue", "1"): "reader@example.org" * 3_000})
    store.write({("queue", "1"): None})
    store.close()

    assert b"reader@example.org" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_its_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = Store(tmp_path / "state.sqlite")
        store.write({("table", "a"): "1"})
    finally:
        os.umask(before)

    modes = {file.name: oct(stat.S_IMODE(file.stat().st_mode)) for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("state.sqlite", "state.sqlite-wal", "state.sqlite-shm"), "0o600")
