"""Locks where the disk is full, read-only or strange, with real mounts: root only."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

import lockbridge
from lockbridge import _held
from lockbridge.errors import LockError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts something on a directory of the test; taken down afterwards."""
    made: list[Path] = []

    def on(*command: str) -> Path:
        at = tmp_path / f"mount{len(made)}"
        at.mkdir()
        done = subprocess.run([*command, str(at)], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"{command[0]}: {done.stderr.strip()}")
        made.append(at)
        return at

    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    yield on
    for at in reversed(made):
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def test_a_read_only_filesystem_is_a_clear_error(mount: Callable[..., Path]) -> None:
    at = mount("mount", "-t", "tmpfs", "-o", "ro", "tmpfs")
    with pytest.raises(LockError, match="mounted read-only") as raised:
        lockbridge.Lock(at / "l").acquire()
    assert (raised.value.code, raised.value.exit_code) == ("ERR_LOCK_CREATE", 73)


def test_on_a_full_disk_nothing_half_made_is_left(mount: Callable[..., Path]) -> None:
    at = mount("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs")
    with (at / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError, match="28"):
        while True:
            ballast.write(bytes(4096))
    with pytest.raises(LockError, match="no space is left") as raised:
        lockbridge.Lock(at / "l").acquire()
    assert raised.value.path == str(at / "l")
    assert os.listdir(at) == ["ballast"]


def test_a_lock_held_while_the_disk_fills_is_let_go(mount: Callable[..., Path]) -> None:
    at = mount("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs")
    lock = lockbridge.Lock(at / "l")
    lock.acquire()
    with (at / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError, match="28"):
        while True:
            ballast.write(bytes(4096))
    assert lock.release() == "unlinked"
    assert os.listdir(at) == ["ballast"]


@pytest.mark.skipif(shutil.which("bindfs") is None, reason="bindfs is not installed")
def test_without_nameless_files_a_lock_is_made_in_sight(
    mount: Callable[..., Path], tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    at = mount("bindfs", str(source))
    with pytest.raises(OSError, match="not supported"):
        os.open(at, os.O_TMPFILE | os.O_RDWR)
    with lockbridge.Lock(at / "l", reason="in sight") as lock:
        assert lock.mechanisms == (True, True, True)
        assert (at / "l").read_bytes().startswith(b'1\n{"lockbridge":1,')
        assert lockbridge.try_acquire(at / "l") is None
        with pytest.raises(FileExistsError):
            os.open(at / "l", os.O_CREAT | os.O_EXCL)
    assert not (source / "l").exists()


def test_without_descriptors_a_lock_is_refused_and_a_held_one_let_go(tmp_path: Path) -> None:
    held = lockbridge.Lock(tmp_path / "held")
    held.acquire()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(LockError, match="no descriptor left") as raised:
            lockbridge.Lock(tmp_path / "l").acquire()
        outcome = held.release()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert raised.value.code == "ERR_LOCK_SYSTEM"
    assert outcome == "unlinked"
    assert os.listdir(tmp_path) == []


def test_the_mtime_of_a_held_file_is_renewed_ahead(tmp_path: Path) -> None:
    path = tmp_path / "l"
    with lockbridge.Lock(path):
        os.utime(path, (0, 0))
        _held._renew()
        ahead = path.stat().st_mtime - time.time()
    assert 60 < ahead <= 120
