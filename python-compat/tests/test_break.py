"""Breaking: what is nobody's without asking, a held one by force, never the wrong one."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lock_helpers import Child, holder
from lockbridge import Lock, LockError, LockHeld, _break, _replace, _system, break_lock, inspect
from lockbridge._adopt import adopt_commit, adopt_lock, adopt_open
from lockbridge._attempt import birth
from lockbridge._lockfile import Stale
from lockbridge._options import Options
from lockbridge._record import RESIDUE_MARK

SUPERVISOR = """
import sys, lockbridge, lockbridge._record as record
plain = record.make_record
made = lambda reason: plain(reason).replace(b'"reason"', b'"role":"supervisor","reason"')
import lockbridge._attempt
lockbridge._attempt.make_record = made
lock = lockbridge.Lock(sys.argv[1])
lock.acquire()
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


def test_a_free_path_stays_free(path: str) -> None:
    assert break_lock(path).verdict == "free"
    assert not os.path.exists(path)


def test_a_stale_lock_needs_no_force(path: str) -> None:
    with holder(path) as child:
        child.kill()
    assert break_lock(path).verdict == "stale"
    assert not os.path.exists(path)


def test_a_live_lock_needs_force_and_its_holder_learns_of_it(path: str) -> None:
    told = threading.Event()
    with Lock(path, on_lost=lambda *_: told.set()) as lock:
        with pytest.raises(LockHeld, match=r"^locked: "):
            break_lock(path)
        assert lock.locked
        assert break_lock(path, force=True).by == "kernel"
        assert told.wait(10)
        assert not os.path.exists(path)
    assert lock.outcome == "lost"


def test_only_the_lock_of_the_id_is_broken(path: str) -> None:
    Path(path).touch()
    seen = inspect(path)
    os.rename(path, f"{path}.kept")  # so that its number is not handed out again
    Path(path).touch()
    with pytest.raises(LockError, match="not broken: that lock is gone") as caught:
        break_lock(path, force=True, id=seen.id)
    assert caught.value.code == "ERR_LOCK_CHANGED"
    assert os.path.exists(path)
    break_lock(path, force=True, id=inspect(path).id)
    assert not os.path.exists(path)
    with pytest.raises(LockError, match=r"is free; look again"):
        break_lock(path, id=seen.id)
    with pytest.raises(LockError, match=r"^id must be "):
        break_lock(path, id="1")


def test_a_file_adopted_since_it_was_judged_is_its_new_holders(path: str) -> None:
    Path(path).write_bytes(RESIDUE_MARK)
    seen, mtime = inspect(path), _system.stat_name(path).mtime
    lock = Lock(path)
    lock.acquire()
    assert seen.id is not None
    assert inspect(path).id == seen.id  # adoption keeps the inode
    with pytest.raises(LockError, match="that lock is gone"):
        _break._replace(path, seen, seen.id, Options())
    with pytest.raises(Stale):
        _replace.replace(path, birth(Options()), _replace.Judged(seen.id, mtime))
    assert lock.release() == "unlinked"


def test_who_adopts_a_file_that_is_replaced_meanwhile_does_not_get_it(path: str) -> None:
    Path(path).write_bytes(RESIDUE_MARK)
    held = adopt_open(path)
    adopt_lock(held)
    break_lock(path, force=True)
    with pytest.raises(Stale):
        adopt_commit(held, birth(Options()))
    held.close()
    assert not os.path.exists(path)


def test_directories_and_links_are_replaced_and_not_followed(path: str, tmp_path: Path) -> None:
    os.mkdir(path)
    Path(path, "pid").touch()
    break_lock(path, force=True)
    assert not os.path.lexists(path)
    target = tmp_path / "target"
    target.write_text("kept")
    os.symlink(target, path)
    break_lock(path, force=True)
    assert not os.path.lexists(path)
    assert target.read_text() == "kept"


def test_a_live_supervisors_lock_is_never_broken(path: str) -> None:
    with Child.python(SUPERVISOR, path) as child:
        assert child.line() == "held"
        with pytest.raises(LockHeld, match=r"not broken: a live lockbridge supervisor holds it"):
            break_lock(path, force=True)
        assert inspect(path).by == "kernel"
