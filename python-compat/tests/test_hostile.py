"""Whatever stands at the path: nothing hangs, nothing is followed, nothing big is read."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockbridge import Lock, LockError, LockHeld, LockTimeout, try_acquire

if TYPE_CHECKING:
    from collections.abc import Callable


def a_directory(path: str) -> None:
    os.mkdir(path)


def a_fifo(path: str) -> None:
    os.mkfifo(path)


def a_socket(path: str) -> None:
    here = os.getcwd()
    os.chdir(os.path.dirname(path))  # a socket's name is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.basename(path))
    finally:
        os.chdir(here)


def a_dangling_link(path: str) -> None:
    os.symlink(f"{path}.target", path)


def a_link_to_a_stale_lock(path: str) -> None:
    code = "import os, sys, lockbridge\nlock = lockbridge.try_acquire(sys.argv[1])\nos._exit(0)"
    subprocess.run([sys.executable, "-c", code, f"{path}.target"], check=True)
    os.symlink(f"{path}.target", path)


def a_link_to_a_fifo(path: str) -> None:
    os.mkfifo(f"{path}.target")
    os.symlink(f"{path}.target", path)


def ten_gigabytes(path: str) -> None:
    Path(path).touch()
    os.truncate(path, 10 * 1024**3)


def an_empty_file(path: str) -> None:
    Path(path).touch()


def a_forged_record(path: str) -> None:
    Path(path).write_text('1\n{"lockbridge":1,"pid":' + "9" * 400 + ',"reason":"\\u001b[2J"}\n')


def a_deep_record(path: str) -> None:
    Path(path).write_text('1\n{"lockbridge":1,"pid":' + "[" * 480)


OBSTACLES = (
    *(a_directory, a_fifo, a_socket, a_dangling_link, a_link_to_a_stale_lock),
    *(a_link_to_a_fifo, ten_gigabytes, an_empty_file, a_deep_record),
)


@pytest.mark.parametrize("make", OBSTACLES)
def test_it_is_held_and_left_alone(make: Callable[[str], None], tmp_path: Path) -> None:
    path = str(tmp_path / "updates.lock")
    make(path)
    before = os.lstat(path)
    names = sorted(os.listdir(tmp_path))
    with pytest.raises(LockHeld):
        Lock(path, timeout=0).acquire()
    with pytest.raises(LockTimeout):
        Lock(path, timeout=0.05).acquire()
    after = os.lstat(path)
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (
        *(before.st_ino, before.st_size, before.st_mtime_ns),
    )
    assert sorted(os.listdir(tmp_path)) == names


def test_a_forged_record_proves_no_holder_and_paints_no_terminal(tmp_path: Path) -> None:
    path = str(tmp_path / "updates.lock")
    a_forged_record(path)
    with Lock(path, timeout=0):  # no kernel lock is on it: its holder is gone
        pass


def test_no_descriptor_left_is_an_error_that_says_so(tmp_path: Path) -> None:
    code = """
import os, resource, sys, lockbridge
lock = lockbridge.Lock(sys.argv[1])
with lock: pass
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
taken = []
try:
    while True: taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError: pass
try: lock.acquire()
except lockbridge.LockError as error: print(error.code, error)
os.close(taken.pop())
print(lock.acquire(), lock.release(), os.path.exists(sys.argv[1]))
"""
    path = str(tmp_path / "updates.lock")
    out = subprocess.check_output([sys.executable, "-c", code, path], text=True).splitlines()
    assert out[0].startswith("ERR_LOCK_SYSTEM cannot lock")
    assert "ulimit -n" in out[0]
    assert out[1] == "True unlinked False"


def test_a_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xff\xfe.lock")
    with Lock(path):
        assert try_acquire(path) is None
        assert len(os.listdir(tmp_path)) == 1


def test_a_wait_whose_directory_is_removed_ends_with_the_reason(tmp_path: Path) -> None:
    code = """
import sys, lockbridge
try: lockbridge.Lock(sys.argv[1], on_blocked=lambda seen: print("blocked", flush=True)).acquire()
except lockbridge.LockError as error: print(error.code)
"""
    directory = tmp_path / "gone"
    directory.mkdir()
    path = directory / "updates.lock"
    path.touch()
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "blocked\n"
        directory.rename(tmp_path / "moved")
        assert child.stdout.readline() == "ERR_LOCK_PATH\n"


def test_an_argument_error_is_a_lock_error() -> None:
    with pytest.raises(LockError, match="path must be"):
        try_acquire("")


def test_a_release_that_cannot_look_at_its_name_leaves_residue_not_a_lost_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "l"
    lock = try_acquire(str(path))
    assert lock is not None

    def broken(*_args: object, **_options: object) -> os.stat_result:
        raise OSError(errno.EIO, "as on a failing disk")

    with monkeypatch.context() as patch:
        patch.setattr("lockbridge._release.os.stat", broken)
        outcome = lock.release()
    assert outcome == "handed-over"


CHANGELING = Path(__file__).resolve().parents[2] / "test" / "helpers" / "changeling.py"


@pytest.mark.skipif(not CHANGELING.exists(), reason="it is in the project, not in the package")
@pytest.mark.parametrize("kind", ["directory", "socket"])
def test_a_file_that_changes_places_while_it_is_taken_is_no_error(
    tmp_path: Path, kind: str
) -> None:
    path = str(tmp_path / "l")
    command = [sys.executable, "-u", str(CHANGELING), path, kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        taken = 0
        for _ in range(3000):
            lock = try_acquire(path)
            if lock is not None:
                taken += 1
                lock.release()
        child.stdin.close()
    assert taken > 0
