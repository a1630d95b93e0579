"""What a look tells, what it costs others (nothing), and what it refuses to believe."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Optional

import pytest

from lock_states import FLOCK, OPEN_ONLY, POSIX, child, holder, left_by_dead, waiter, write
from lockbridge import _system
from lockbridge._adopt import adopt_lock, adopt_open
from lockbridge._inspect.actions import process_name, way_out
from lockbridge._inspect.glance import glance, judge_held
from lockbridge._inspect.inspect import inspect, inspect_all
from lockbridge._inspect.liveness import process_gone
from lockbridge._inspect.procfs import others_have_open, waiters_on
from lockbridge._inspect.since import iso, milliseconds, since_of
from lockbridge._inspect.supervisor import held_by_supervisor
from lockbridge._inspect.types import Container, Holder, Inspection, Since
from lockbridge._record import LockRecord, make_record, parse_record
from lockbridge.errors import LockError

if TYPE_CHECKING:
    from pathlib import Path

ROLE = make_record("").replace(b',"reason"', b',"role":"supervisor","reason"')


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where a lock file may be."""
    return str(tmp_path / "l.lock")


def record_of(content: bytes) -> LockRecord:
    record = parse_record(content)
    assert record is not None
    return record


# --- looking disturbs nobody ------------------------------------------------------------------


def test_a_peer_can_take_the_lock_right_after_any_look(path: str) -> None:
    write(path)
    for look in (inspect, glance):
        look(path)
        subprocess.run(["flock", "-n", path, "true"], check=True)


def test_a_look_leaves_the_time_of_access_as_it_was(path: str) -> None:
    write(path, b"0\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    for look in (inspect, glance):
        look(path)
        assert os.stat(path).st_atime == 1_700_000_000


def test_a_look_leaves_no_descriptor_and_no_lease(path: str) -> None:
    write(path)
    os.mkfifo(f"{path}.fifo")
    os.symlink("nowhere", f"{path}.link")
    os.mkdir(f"{path}.d")
    before = os.listdir("/proc/self/fd")
    for _ in range(50):
        for name in (path, f"{path}.fifo", f"{path}.link", f"{path}.d", f"{path}.none"):
            inspect(name)
            glance(name)
    assert os.listdir("/proc/self/fd") == before
    with open("/proc/locks", encoding="ascii") as locks:
        assert f":{os.stat(path).st_ino} " not in locks.read()


def test_a_look_changes_neither_content_nor_times(path: str) -> None:
    write(path, b"0")
    before = os.stat(path)
    inspect(path)
    after = os.stat(path)
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)
    with open(path, "rb") as file:
        assert file.read() == b"0"


def test_without_a_search_a_held_descriptor_stays_undecided(path: str) -> None:
    write(path)
    with holder(path, OPEN_ONLY):
        seen = inspect(path, search=False)
    assert (seen.verdict, seen.by) == ("held", "undecidable")
    assert seen.holders == ()
    assert "the descriptors of other processes were not searched" in seen.unseen


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["", "a\0b", ".", "a/", "a/..", 7, b"bytes"])
def test_what_is_no_lock_path_is_refused(bad: str) -> None:
    with pytest.raises(LockError) as refused:
        inspect(bad)
    assert refused.value.code == "ERR_INVALID_ARGUMENT"


def test_what_is_no_policy_is_refused(path: str) -> None:
    with pytest.raises(LockError, match="empty must be 'held' or 'free'"):
        inspect(path, empty="maybe")


def test_an_unreachable_path_says_why_and_leaves_the_others_their_answers(path: str) -> None:
    write(path)
    missing, seen, refused = inspect_all([f"{path}.none", path, f"{path}/below.lock"])
    assert isinstance(missing, Inspection)
    assert missing.verdict == "free"
    assert isinstance(seen, Inspection)
    assert seen.verdict == "held"
    assert isinstance(refused, LockError)
    assert (refused.code, refused.errno) == ("ERR_LOCK_PATH", errno.ENOTDIR)


def test_a_glance_at_an_unreachable_path_is_an_error_too(path: str) -> None:
    for unreachable in (f"{path}/none/l.lock", f"{path}/l.lock"):
        with pytest.raises(LockError) as refused:
            glance(unreachable)
        assert refused.value.exit_code == 66


_WITHOUT_DESCRIPTORS = """
import resource, sys
from lockbridge._inspect.inspect import inspect
from lockbridge.errors import LockError
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    print(inspect(sys.argv[1]).verdict)
except LockError as error:
    print(error.code)
"""


def test_out_of_descriptors_is_our_failure_and_no_fact_about_the_lock(path: str) -> None:
    write(path)
    command = [sys.executable, "-c", _WITHOUT_DESCRIPTORS, path]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    assert done.stdout == "ERR_LOCK_SYSTEM\n"


# --- a taker's glance -------------------------------------------------------------------------


def test_a_glance_names_a_holder_by_number_and_command_only(path: str) -> None:
    write(path)
    with holder(path, FLOCK) as process:
        (one,) = glance(path).holders
    assert one.pid == process.pid
    assert one.command is not None
    assert (one.uid, one.started, one.container, one.unit) == (None, None, None, None)


@pytest.mark.parametrize("hold", [FLOCK, POSIX])
def test_a_glance_and_an_inspection_agree_on_who_is_in_the_way(path: str, hold: str) -> None:
    write(path)
    with holder(path, hold):
        brief, full = glance(path), inspect(path)
    same = ("verdict", "by", "protocol", "object", "id", "changed")
    assert [getattr(brief, name) for name in same] == [getattr(full, name) for name in same]


def test_what_a_dead_holder_left_is_stale_before_and_under_our_locks(path: str) -> None:
    left_by_dead(path)
    assert glance(path).verdict == "stale"
    held = adopt_open(path)
    try:
        adopt_lock(held)
        seen = judge_held(path, held.fd)
    finally:
        held.close()
    assert seen.verdict == "stale"
    assert [one.kind for one in seen.evidence] == ["own-locks", "own-unlocked"]


def test_the_policy_decides_an_empty_file_under_our_locks(path: str) -> None:
    write(path)
    with open(path, "rb") as file:
        assert judge_held(path, file.fileno()).by == "undecidable"
        assert judge_held(path, file.fileno(), "free").verdict == "residue"


# --- who has it open --------------------------------------------------------------------------


def test_an_opener_and_a_waiter_are_seen_and_we_ourselves_are_not(path: str) -> None:
    write(path)
    with open(path, "rb") as file, ExitStack() as stack:
        st = _system.stat_fd(file.fileno())
        assert not others_have_open(st, file.fileno())
        assert others_have_open(st, -1)
        stack.enter_context(holder(path, FLOCK))
        assert others_have_open(st, file.fileno())
        assert not waiters_on(st)
        stack.enter_context(waiter(path, FLOCK))
        assert waiters_on(st)


def test_two_names_of_one_file_asked_for_together_show_its_holder_both(path: str) -> None:
    write(path)
    os.link(path, f"{path}.other")
    with holder(path, OPEN_ONLY) as process:
        for seen in inspect_all([path, f"{path}.other"]):
            assert isinstance(seen, Inspection)
            assert [one.pid for one in seen.holders] == [process.pid]


def test_the_process_of_a_record_is_gone_when_it_is_and_not_before(path: str) -> None:
    assert not process_gone(record_of(make_record("")))
    left_by_dead(path)
    with open(path, "rb") as file:
        content = file.read()
    assert process_gone(record_of(content))
    assert not process_gone(record_of(content.replace(b'"boot":"', b'"boot":"x')))
    assert not process_gone(record_of(content.replace(b'"pidns":', b'"pidns":9')))


# --- supervisors ------------------------------------------------------------------------------


def test_a_role_counts_only_with_a_kernel_lock(path: str) -> None:
    write(path, ROLE)
    assert not held_by_supervisor(inspect(path))
    with holder(path, FLOCK):
        assert held_by_supervisor(inspect(path))


def test_the_tag_of_helios_counts_only_with_a_kernel_lock(path: str) -> None:
    write(path, b"\x02c")
    assert inspect(path).verdict == "stale"
    with holder(path, FLOCK):
        assert held_by_supervisor(inspect(path))


def test_a_plain_holder_is_no_supervisor(path: str) -> None:
    write(path)
    with holder(path, FLOCK):
        assert not held_by_supervisor(inspect(path))


_CAN_MOUNT = os.getuid() == 0 and (
    subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode
    == 0
)


@pytest.mark.skipif(not _CAN_MOUNT, reason="needs a mount namespace of its own")
def test_an_app_that_was_given_the_directory_cannot_pass_for_a_supervisor(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "seen").mkdir()
    path = write(str(tmp_path / "given/l.lock"), ROLE)
    hold = 'exec flock "$0/seen/l.lock" sh -c "echo ready; exec cat"'
    words = f'mount --bind "$0/given" "$0/seen" && {hold}'
    with child("unshare", "-m", "sh", "-c", words, str(tmp_path)):
        seen = inspect(path)
        assert (seen.by, len(seen.holders)) == ("kernel", 2)
        assert not held_by_supervisor(seen)


# --- times and words --------------------------------------------------------------------------


def test_times_are_in_milliseconds_with_a_fraction_only_where_there_is_one() -> None:
    assert repr(milliseconds(1_795_533_000_000_000_000)) == "1795533000000"
    assert repr(milliseconds(1_795_533_000_000_250_000)) == "1795533000000.25"
    assert iso(1_795_533_000_001.9) == "2026-11-24T15:10:00.001Z"
    assert iso(-1) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    ("claim", "means"),
    [
        ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00.000Z"),
        ("2026-11-24T10:00:00.98765+02:30", "2026-11-24T07:30:00.987Z"),
        ("2026-02-31T10:00:00Z", "2026-03-03T10:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_record_says_since_when(path: str, claim: str, means: str) -> None:
    st = _system.stat_name(write(path))
    record = record_of(f'1\n{{"lockbridge":1,"since":"{claim}"}}\n'.encode())
    assert since_of(st, record, None, ()) == Since(means, "record")


@pytest.mark.parametrize(
    "claim", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "x" * 400]
)
def test_a_claim_that_is_no_date_leaves_the_birth_of_the_file(path: str, claim: str) -> None:
    st = _system.stat_name(write(path))
    record = record_of(f'1\n{{"lockbridge":1,"since":"{claim}"}}\n'.encode())
    assert since_of(st, record, None, ()).from_ in ("birth", "change")


def test_a_kernel_lock_is_not_older_than_the_process_that_holds_it(path: str) -> None:
    st = _system.stat_name(write(path))
    later, earlier = "2999-01-01T00:00:00.000Z", "1999-01-01T00:00:00.000Z"
    assert since_of(st, None, "kernel", [Holder(1, started=later)]) == Since(later, "process")
    assert since_of(st, None, "kernel", [Holder(1, started=earlier)]).from_ != "process"
    assert since_of(st, None, "existence", [Holder(1, started=later)]).from_ != "process"


def test_a_process_is_named_with_its_command_and_container() -> None:
    assert process_name(Holder(7)) == "pid 7"
    docker = Container("docker", "c0ffee" * 9)
    assert process_name(Holder(7, command="app", container=docker)) == (
        "pid 7 (app) in container c0ffeec0ffee"
    )


def test_the_way_out_is_the_policy_where_that_would_decide(path: str) -> None:
    assert way_out(inspect(path)) == f"take it: `lockbridge run {path} -- COMMAND`"
    write(path)
    assert way_out(inspect(path)).endswith(f": `lockbridge break --empty=free {path}`")
    with holder(path, FLOCK):
        assert way_out(inspect(path)) == f"wait until it is let go: `lockbridge wait {path}`"


def test_our_own_locks_are_seen_as_those_of_anybody(path: str) -> None:
    write(path)
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (one,) = inspect(path).holders
    assert (one.pid, one.role, one.source) == (os.getpid(), "holds", "flock")


@pytest.mark.parametrize("known", [True, None])
def test_an_heir_shares_an_exclusive_lock_whether_or_not_the_kernel_compares_descriptions(
    path: str, monkeypatch: pytest.MonkeyPatch, known: Optional[bool]
) -> None:
    monkeypatch.setattr(_system, "same_description", lambda *_: known)
    write(path)
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with subprocess.Popen(["sleep", "600"], pass_fds=[file.fileno()]) as heir:
            holders = inspect(path).holders
            heir.kill()
    assert [(one.pid, one.shared_with) for one in holders] == [
        (os.getpid(), None),
        (heir.pid, os.getpid()),
    ]
