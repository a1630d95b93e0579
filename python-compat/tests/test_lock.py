"""Taking and letting go: what is on disk meanwhile, who is refused, and what is said of it."""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import lockbridge
from lock_helpers import Child, flocker, holder, until, waits_in_flock
from lockbridge import Lock, LockError, LockHeld, LockTimeout, try_acquire


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


def test_a_held_lock_is_a_complete_file_with_both_kernel_locks(path: str) -> None:
    with Lock(path, reason="why") as lock:
        lines = Path(path).read_text("ascii").split("\n")
        assert lines[0] == "1"
        assert '"reason":"why"' in lines[1]
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
        assert os.stat(path).st_mtime > time.time() + 60
        assert lock.mechanisms == (True, True, True)
        assert lock.record is not None
        assert lock.record.pid == os.getpid()
        assert lock.locked
        with open(path, "rb+") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
        child = (
            "import fcntl, sys\nf = open(sys.argv[1], 'r+')\n"
            "try: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
            "except OSError: print('refused')"
        )
        assert subprocess.check_output([sys.executable, "-c", child, path]) == b"refused\n"
        with pytest.raises(FileExistsError):
            os.open(path, os.O_CREAT | os.O_EXCL)
    assert lock.outcome == "unlinked"
    assert not os.path.exists(path)
    assert not lock.locked
    assert lock.record is None


def test_the_mode_is_exact_whatever_the_umask(path: str) -> None:
    with Lock(path, mode=0o666):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o666


def test_a_second_release_gives_the_first_answer(path: str) -> None:
    lock = Lock(path)
    lock.acquire()
    assert lock.release() == "unlinked"
    with Lock(path):
        assert lock.release() == "unlinked"
        assert os.path.exists(path)


def test_releasing_what_was_never_taken_is_an_error(path: str) -> None:
    with pytest.raises(LockError, match="is not held") as caught:
        Lock(path).release()
    assert caught.value.code == "ERR_INVALID_ARGUMENT"
    with pytest.raises(LockError, match="is not held"):
        _ = Lock(path).fd


def test_an_object_is_taken_again_after_its_release(path: str) -> None:
    lock = Lock(path)
    for _ in range(3):
        with lock:
            assert lock.locked
            assert lock.outcome is None
        assert not lock.locked


def test_contention_is_false_held_or_a_timeout_as_asked(path: str) -> None:
    with holder(path) as child:
        lock = Lock(path)
        assert lock.acquire(blocking=False) is False
        with pytest.raises(LockHeld) as held:
            lock.acquire(timeout=0)
        with pytest.raises(LockTimeout) as timed_out:
            lock.acquire(timeout=0.05)
        assert isinstance(timed_out.value, TimeoutError)
        for error, what in ((held.value, "locked: "), (timed_out.value, "timed out waiting: ")):
            assert str(error).startswith(f"{what}'{path}' is held, kernel [lockbridge]: ")
            assert f"pid {child.pid} " in str(error)
            assert str(error).endswith(": a child")
            assert error.path == path
            assert error.blockers[0].by == "kernel"
        assert try_acquire(path) is None
        child.say()
        assert child.line() == "unlinked"
    assert lock.acquire(blocking=False) is True
    lock.release()


def test_arguments_are_checked_and_named(path: str) -> None:
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"timeout": -1}, "timeout"),
        ({"timeout": "1"}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"reason": 5}, "reason"),
        ({"mode": 0o1777}, "mode"),
        ({"owner": (1,)}, "owner"),
        ({"owner": (-1, 0)}, "owner uid"),
        ({"empty": "maybe"}, "empty"),
        ({"on_lost": 1}, "on_lost"),
        ({"on_blocked": 1}, "on_blocked"),
    )
    for options, name in cases:
        with pytest.raises(LockError, match=f"^{name} must be ") as caught:
            Lock(path, **options)
        assert caught.value.code == "ERR_INVALID_ARGUMENT"
    for bad in ("", "a\0b", "dir/", ".", "a/..", b"bytes", 5, None):
        with pytest.raises(LockError, match=r"^path must be "):
            Lock(bad)  # type: ignore[arg-type]
    with pytest.raises(LockError, match="blocking=False"):
        Lock(path).acquire(blocking=False, timeout=1)
    assert Lock(Path(path)).path == path


def test_two_threads_of_one_object_exclude_each_other(path: str) -> None:
    lock = Lock(path)
    inside = 0
    overlaps = []

    def work() -> None:
        nonlocal inside
        for _ in range(100):
            with lock:
                inside += 1
                if inside != 1:
                    overlaps.append(inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []


def test_a_killed_holder_leaves_a_stale_file_that_is_adopted(path: str) -> None:
    with holder(path) as child:
        inode = os.stat(path).st_ino
        child.kill()
    assert lockbridge.inspect(path).verdict == "stale"
    with Lock(path, timeout=0) as lock:
        assert os.stat(path).st_ino == inode
        assert lock.record is not None
        assert f'"pid":{os.getpid()},' in Path(path).read_text()
    assert not os.path.exists(path)


def test_a_normal_exit_and_an_exception_release(path: str) -> None:
    for ending in ("", "raise SystemExit(3)", "raise ValueError"):
        code = f"import sys, lockbridge\nlock = lockbridge.try_acquire(sys.argv[1])\n{ending}"
        subprocess.run([sys.executable, "-c", code, path], stderr=subprocess.DEVNULL, check=False)
        assert not os.path.exists(path)


def test_a_release_hands_over_to_a_waiting_flock_and_sweeps_later(path: str) -> None:
    lock = Lock(path)
    lock.acquire()
    with flocker(path) as waiter:
        assert until(lambda: waits_in_flock(path))
        inode = os.stat(path).st_ino
        assert lock.release() == "handed-over"
        assert waiter.line() == "held"
        assert os.stat(path).st_ino == inode
        assert try_acquire(path) is None
        waiter.say()
        assert until(lambda: not os.path.exists(path))


def test_a_mere_reader_does_not_leave_a_file_for_good(path: str) -> None:
    lock = Lock(path)
    lock.acquire()
    with open(path, "rb"):
        assert lock.release() == "handed-over"
        assert os.path.exists(path)
    assert until(lambda: not os.path.exists(path))


def test_a_lock_that_is_removed_or_replaced_is_lost_at_once(path: str) -> None:
    def remove() -> None:
        os.unlink(path)

    def replace() -> None:
        Path(f"{path}.new").write_bytes(b"theirs")
        os.rename(f"{path}.new", path)

    for act, why in ((remove, "removed"), (replace, "replaced")):
        told = threading.Event()
        seen: list[object] = []

        def on_lost(
            lost: Lock, reason: str, seen: list[object] = seen, told: threading.Event = told
        ) -> None:
            seen.append((lost, reason))
            told.set()

        lock = Lock(path, on_lost=on_lost)
        lock.acquire()
        act()
        assert told.wait(10)
        assert seen == [(lock, why)]
        assert lock.lost == why
        assert not lock.locked
        assert lock.release() == "lost"
    assert Path(path).read_bytes() == b"theirs"


def test_a_program_that_on_lost_runs_has_no_signal_blocked(path: str) -> None:
    told = threading.Event()
    masks: list[str] = []

    def on_lost(*_: object) -> None:
        status = subprocess.check_output(["cat", "/proc/self/status"], text=True)
        masks.extend(line.split()[1] for line in status.splitlines() if line[:7] == "SigBlk:")
        told.set()

    with Lock(path, on_lost=on_lost):
        os.unlink(path)
        assert told.wait(10)
    assert [int(mask, 16) for mask in masks] == [0]


def test_a_lost_lock_is_taken_anew_without_a_release(path: str) -> None:
    told = threading.Event()
    lock = Lock(path, on_lost=lambda *_: told.set())
    lock.acquire()
    before = lock.fd
    os.unlink(path)
    assert told.wait(10)
    lock.acquire(timeout=0)
    assert lock.locked
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(before)
    assert lock.release() == "unlinked"


def test_a_record_that_was_truncated_is_written_anew(path: str) -> None:
    with Lock(path):
        whole = Path(path).read_bytes()
        os.truncate(path, 0)
        assert until(lambda: Path(path).read_bytes() == whole)
        Path(path).write_bytes(b"x" * 2000)
        assert until(lambda: Path(path).read_bytes() == whole)


def test_a_relative_path_outlives_a_change_of_directory(path: str) -> None:
    before = os.getcwd()
    lock = Lock("updates.lock")
    try:
        os.chdir(os.path.dirname(path))
        lock.acquire()
        os.chdir("/")
        assert lock.release() == "unlinked"
        assert not os.path.exists(path)
    finally:
        os.chdir(before)


def test_a_leaked_lock_is_released_with_a_warning(path: str) -> None:
    lock = try_acquire(path)
    assert lock is not None
    with pytest.warns(ResourceWarning, match="garbage-collected while held"):
        del lock
        gc.collect()
    assert not os.path.exists(path)


def test_a_program_that_is_executed_has_no_descriptor_of_it(path: str) -> None:
    with Lock(path) as lock:
        code = """
import os, sys
def same(fd):
    try: return os.path.samestat(os.fstat(fd), os.stat(sys.argv[1]))
    except OSError: return False
print(any(map(same, range(256))))
"""
        command = [sys.executable, "-c", code, path]
        assert subprocess.check_output(command, close_fds=False) == b"False\n"
        assert subprocess.check_output(command, pass_fds=[lock.fd]) == b"True\n"


def test_ten_thousand_refusals_leak_no_descriptor(path: str) -> None:
    with holder(path):
        lock = Lock(path)
        assert not lock.acquire(blocking=False)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(10_000):
            assert not lock.acquire(blocking=False)
        assert len(os.listdir("/proc/self/fd")) == before


def test_the_node_command_line_sees_it_and_forces_it(path: str) -> None:
    cli = Path(__file__).parents[2] / "dist" / "cli" / "bin.js"
    if not cli.exists():
        pytest.skip("the Node side is not built here")
    told = threading.Event()
    reasons: list[str] = []

    def on_lost(_: Lock, reason: str) -> None:
        reasons.append(reason)
        told.set()

    lock = Lock(path, on_lost=on_lost)
    lock.acquire()
    seen = lockbridge.inspect(path)
    assert seen.id is not None
    command = ["node", str(cli), "break", "--force", "--id", seen.id, path]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert told.wait(10)
    assert reasons[0] in ("removed", "replaced")
    assert lock.release() == "lost"


def test_ctrl_c_ends_a_wait_and_leaves_nothing(path: str) -> None:
    code = """
import os, sys, lockbridge
lock = lockbridge.Lock(sys.argv[1])
before = None
try:
    lock.acquire(timeout=0.01)
except lockbridge.LockTimeout:
    before = os.listdir("/proc/self/fd")
print("waiting", flush=True)
try:
    lock.acquire()
except KeyboardInterrupt:
    print(os.listdir("/proc/self/fd") == before, lock.locked, flush=True)
"""
    with holder(path), Child.python(code, path) as waiter:
        assert waiter.line() == "waiting"
        assert until(lambda: waits_in_flock(path))
        waiter.process.send_signal(2)
        assert waiter.line() == "True False"
        assert waiter.wait() == 0


def test_errors_of_the_path_have_path_number_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cases = (
        ("none/a.lock", errno.ENOENT, "ERR_LOCK_PATH", "its directory does not exist"),
        ("file/a.lock", errno.ENOTDIR, "ERR_LOCK_PATH", "not a directory"),
        ("a" * 300, errno.ENAMETOOLONG, "ERR_LOCK_CREATE", "longer than the filesystem allows"),
    )
    before = len(os.listdir("/proc/self/fd"))
    for name, number, code, text in cases:
        path = str(tmp_path / name)
        with pytest.raises(LockError, match=text) as caught:
            Lock(path).acquire()
        assert (caught.value.errno, caught.value.code, caught.value.path) == (number, code, path)
    with pytest.raises(LockError) as caught:
        Lock("/proc/a.lock").acquire()
    assert caught.value.path == "/proc/a.lock"
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_directory_of_another_user_is_a_permission_error(tmp_path: Path) -> None:
    code = """
import sys, lockbridge
try: lockbridge.Lock(sys.argv[1]).acquire()
except lockbridge.LockError as error: print(error.code, error.errno, error)
"""
    directory = f"/var/tmp/lockbridge-test-{os.getpid()}"
    os.mkdir(directory, 0o755)
    try:
        target = f"{directory}/a.lock"
        script = f"import os\nos.setgid(65534); os.setuid(65534)\n{code}"
        preload = f"import lockbridge, asyncio\n{script}"
        out = subprocess.check_output([sys.executable, "-c", preload, target], text=True)
        assert out.startswith("ERR_LOCK_PERMISSION 13 ")
        assert target in out
    finally:
        os.rmdir(directory)
