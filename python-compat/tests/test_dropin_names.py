"""Every name, parameter, attribute and exception of the old library is there."""

from __future__ import annotations

import importlib
import inspect
import re
import types
from pathlib import Path
from typing import Any

import pytest

from dropin_support import (
    OLD,
    OURS,
    SUBMODULES,
    Library,
    every,
    ids,
    in_thread,
    name_of,
)

both = pytest.mark.parametrize("library", every(OLD, OURS), ids=ids)
packages = pytest.mark.parametrize("name", [OLD, OURS])


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates")


@both
def test_a_lock_says_what_it_is(library: Library, path: str) -> None:
    lock = library.make(path)
    assert repr(lock) == f"<{library.kind}: {lock.unique_name!r} -- {path!r}>"


@pytest.mark.parametrize("kind", SUBMODULES)
@pytest.mark.parametrize("options", [{}, {"threaded": False}, {"timeout": 2.5}], ids=str)
def test_the_attributes_have_the_same_values(kind: str, options: Any, path: str) -> None:
    old, ours = (Library(name, kind).make(path, **options) for name in (OLD, OURS))
    for name in ("path", "lock_file", "hostname", "pid", "tname", "unique_name", "timeout"):
        assert getattr(ours, name) == getattr(old, name), name


@packages
def test_a_decorated_function_runs_under_the_lock(name: str, path: str) -> None:
    module = importlib.import_module(name)

    @module.locked(path, timeout=0)  # type: ignore[untyped-decorator]
    def work(one: int, *, two: int) -> tuple[int, int, bool]:
        """What it does."""
        return one, two, module.LockFile(path).is_locked()

    assert work(1, two=2) == (1, 2, True)
    assert not module.LockFile(path).is_locked()
    assert work.__name__ == "work"
    assert work.__doc__ == "What it does."

    @module.locked(path)  # type: ignore[untyped-decorator]
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not module.LockFile(path).is_locked()
    with module.LockFile(path):
        assert name_of(in_thread(lambda: work(1, two=2))) == "AlreadyLocked"


@packages
@pytest.mark.parametrize("factory", ["LinkFileLock", "MkdirFileLock", "SQLiteFileLock"])
def test_the_factories_work_and_say_that_they_are_deprecated(
    name: str, factory: str, path: str
) -> None:
    make = getattr(importlib.import_module(name), factory)
    kind = factory.replace("FileLock", "LockFile")
    with pytest.warns(DeprecationWarning, match=re.escape(SUBMODULES[kind])):
        lock = make(path)
    assert type(lock) is Library(name, kind).make
    assert lock.tname != ""
    with pytest.warns(DeprecationWarning):
        assert make(path, threaded=False, timeout=3).tname == ""


@packages
def test_the_exceptions_are_one_tree(name: str) -> None:
    module = importlib.import_module(name)
    assert issubclass(module.Error, Exception)
    assert issubclass(module.LockError, module.Error)
    assert issubclass(module.UnlockError, module.Error)
    for child in (module.LockTimeout, module.AlreadyLocked, module.LockFailed):
        assert issubclass(child, module.LockError)
    for child in (module.NotLocked, module.NotMyLock):
        assert issubclass(child, module.UnlockError)


@packages
def test_the_usual_lock_has_two_names(name: str) -> None:
    module = importlib.import_module(name)
    assert module.LockFile is module.FileLock is Library(name, "LinkLockFile").make
    assert issubclass(module.LockFile, module.LockBase)


@packages
def test_a_class_of_ones_own_may_derive_from_the_base(name: str, path: str) -> None:
    module = importlib.import_module(name)
    done: list[str] = []

    class Mine(module.LockBase):  # type: ignore[misc, name-defined]
        def acquire(self, timeout: Any = None) -> None:
            done.append("acquired")

        def release(self) -> None:
            done.append("released")

    with Mine(path) as lock:
        assert lock.lock_file == f"{path}.lock"
    assert done == ["acquired", "released"]


@pytest.mark.parametrize("submodule", ["", *(f".{name}" for name in SUBMODULES.values())])
def test_every_public_name_is_there_with_its_parameters(submodule: str) -> None:
    old, ours = (importlib.import_module(name + submodule) for name in (OLD, OURS))
    for name, value in vars(old).items():
        standard = isinstance(value, types.ModuleType) and not value.__name__.startswith(OLD)
        if name.startswith("_") or standard or name in ("absolute_import", "division", "unicode"):
            continue
        assert hasattr(ours, name), name
        if inspect.isfunction(value) and not name.endswith("FileLock"):
            assert parameters(getattr(ours, name)) == parameters(value), name
        if inspect.isclass(value) and issubclass(value, importlib.import_module(OLD).LockBase):
            for member, function in inspect.getmembers(value, inspect.isfunction):
                if member == "__init__" or not member.startswith("_"):
                    got = parameters(getattr(getattr(ours, name), member))
                    assert got == parameters(function), f"{name}.{member}"
    assert set(getattr(old, "__all__", [])) <= set(getattr(ours, "__all__", []))


def parameters(function: Any) -> list[tuple[str, Any]]:
    return [(one.name, one.default) for one in inspect.signature(function).parameters.values()]
