"""Which container or unit a cgroup path names, as the engines write them."""

from __future__ import annotations

import pytest

from lockbridge._inspect.container import parse_cgroup
from lockbridge._inspect.types import Container

ID = "c0ffee".ljust(64, "0")


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        (f"0::/docker/{ID}", "docker"),
        (f"0::/system.slice/docker-{ID}.scope", "docker"),
        (f"0::/docker/{'1' * 64}/docker/{ID}", "docker"),
        (f"9:name=systemd:/libpod_parent/libpod-{ID}\n8:pids:/", "podman"),
        (f"0::/machine.slice/libpod-{ID}.scope/container", "podman"),
        (f"0::/kubepods/burstable/pod12-34/{ID}", "containerd"),
        (f"0::/kubepods.slice/cri-containerd-{ID}.scope", "containerd"),
        (f"0::/kubepods.slice/kubepods-pod1.slice/crio-{ID}.scope", "crio"),
        (f"0::/system.slice/balena-{ID}.scope", "balena-engine"),
    ],
)
def test_an_engine_is_known_by_the_way_it_names_a_cgroup(text: str, engine: str) -> None:
    assert parse_cgroup(text) == (Container(engine, ID), None)


def test_a_container_of_lxc_or_nspawn_has_its_name_for_an_id() -> None:
    assert parse_cgroup("0::/lxc.payload.web/init.scope")[0] == Container("lxc", "web", "web")
    nspawn = Container("nspawn", "my-box", "my-box")
    assert parse_cgroup("0::/machine.slice/machine-my\\x2dbox.scope")[0] == nspawn


@pytest.mark.parametrize(
    "text",
    [
        f"0::/machine.slice/libpod-conmon-{ID}.scope",
        "0::/",
        "0::/user.slice/user-0.slice/session-3.scope",
        f"0::/docker/{ID[1:]}",
        "",
    ],
)
def test_a_monitor_a_session_or_too_short_an_id_is_no_container(text: str) -> None:
    assert parse_cgroup(text) == (None, None)


def test_a_process_of_a_unit_is_in_that_unit() -> None:
    text = "1:cpu:/\n0::/system.slice/system-getty.slice/getty@tty1.service"
    assert parse_cgroup(text) == (None, "getty@tty1.service")
