"""The protocol as data, from test/vectors of the project, on the Python side.

The TypeScript side runs the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

import pytest

from lockbridge._footprints import recognise
from lockbridge._footprints.types import Footprint, Traces
from lockbridge._record import is_residue, parse_record

VECTORS = Path(__file__).resolve().parents[2] / "test" / "vectors"
if not VECTORS.is_dir():
    pytest.skip("the vectors are in the project, not in the package", allow_module_level=True)


def load(name: str) -> list[Any]:
    vectors: list[Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


def parsed(content: bytes) -> object:
    if is_residue(content):
        return "residue"
    record = parse_record(content)
    return None if record is None else record.as_dict()


@pytest.mark.parametrize("vector", load("records"))
def test_a_record_is_read_as_the_protocol_says(vector: Any) -> None:
    assert parsed(vector["content"].encode("latin-1")) == vector["expected"]


TIME = 1795533000000.25


def traces_of(given: dict[str, Any]) -> Traces:
    content = given.get("content", "").encode("latin-1")
    return Traces(
        path=given.get("path", "/locks/l"),
        type=given.get("type", "file"),
        content=content,
        size=given.get("size", len(content)),
        mode=int(given.get("mode", "0644"), 8),
        uid=given.get("uid", 0),
        nlink=given.get("nlink", 1),
        birth=given.get("birth", TIME),
        mtime=given.get("mtime", TIME),
        ctime=given.get("ctime", TIME),
        target=given.get("target", ""),
        other_links=lambda: given.get("otherLinks", []),
        entries=lambda: given.get("entries", []),
    )


def as_dict(footprint: Optional[Footprint]) -> Optional[dict[str, Any]]:
    """As the TypeScript side has it: without what is not known."""
    if footprint is None:
        return None
    known = {
        "protocol": footprint.protocol,
        "certainty": footprint.certainty,
        "text": footprint.text,
        "pid": footprint.pid,
        "pids": list(footprint.pids) or None,
        "host": footprint.host,
        "thread": footprint.thread,
        "pidDecides": footprint.pid_decides or None,
        "leftover": footprint.leftover or None,
        "beat": footprint.beat,
    }
    return {key: value for key, value in known.items() if value is not None}


@pytest.mark.parametrize("vector", load("footprints"))
def test_a_footprint_is_recognised_on_both_sides_alike(vector: Any) -> None:
    assert as_dict(recognise(traces_of(vector["traces"]))) == vector["expected"]
