"""The directory states of test/vectors, judged by the Python side. The TypeScript side does so too.

Each is made with real files and processes, on a disk filesystem and on tmpfs.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from lockbridge._inspect.inspect import inspect
from lockbridge._inspect.liveness import sees_every_process
from lockbridge.errors import LockError
from vector_states import VECTORS, made_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockbridge._inspect.types import Holder, Inspection

if not VECTORS.is_dir():
    pytest.skip("the vectors are in the project, not in the package", allow_module_level=True)

MET = {"root": os.getuid() == 0, "every-process": sees_every_process()}
LOOKS = 20


def load() -> list[Any]:
    text = (VECTORS / "states.json").read_text(encoding="utf-8")
    return [pytest.param(vector, id=ascii(vector["name"])) for vector in json.loads(text)]


@pytest.fixture(params=[tempfile.gettempdir(), "/dev/shm"])
def directory(request: pytest.FixtureRequest) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="lockbridge-test-", dir=request.param) as made:
        yield os.path.realpath(made)


def known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def essence(holder: Holder) -> dict[str, Any]:
    """The process and the lock of a holder, without what people are told about it."""
    names = ("pid", "role", "source", "mode", "range", "alive")
    return known({name: getattr(holder, name) for name in names})


def answer(seen: Inspection) -> dict[str, Any]:
    names = ("verdict", "by", "protocol", "certainty", "object")
    return {
        **known({name: getattr(seen, name) for name in names}),
        "evidence": [evidence.kind for evidence in seen.evidence],
        "holders": [essence(holder) for holder in seen.holders],
        "orphans": [essence(holder) for holder in seen.orphans],
        "record": seen.record and seen.record.as_dict(),
        "since": seen.since.at if seen.since and seen.since.from_ == "record" else None,
    }


def look(path: str, vector: dict[str, Any]) -> dict[str, Any]:
    """/proc/locks is no snapshot, and a line may be missing in it: then the look is taken again."""
    for _ in range(LOOKS):
        seen = answer(inspect(path, empty=vector.get("empty", "held")))
        if set(vector["expected"]["evidence"]) <= set(seen["evidence"]):
            break
    some = {"record", "since"} - set(vector["expected"])  # count only where they are given
    return {key: value for key, value in seen.items() if key not in some}


def whole(expected: dict[str, Any], pids: dict[str, int]) -> dict[str, Any]:
    def who(holder: dict[str, Any]) -> dict[str, Any]:
        rest = {key: value for key, value in holder.items() if key != "process"}
        return {"pid": pids[holder["process"]], **rest} if "process" in holder else rest

    lists = {name: [who(one) for one in expected[name]] for name in ("holders", "orphans")}
    return {**expected, **lists}


@pytest.mark.parametrize("vector", load())
def test_a_state_is_judged_on_both_sides_alike(vector: Any, directory: str) -> None:
    if not all(MET[need] for need in vector.get("needs", [])):
        pytest.skip(f"needs {vector['needs']}")
    path = os.path.join(directory, vector.get("path", "l"))
    expected = vector["expected"]
    with made_state(directory, vector["steps"]) as pids:
        if "error" in expected:
            with pytest.raises(LockError) as caught:
                inspect(path)
            assert caught.value.code == expected["error"]
        else:
            assert look(path, vector) == whole(expected, {**pids, "self": os.getpid()})
