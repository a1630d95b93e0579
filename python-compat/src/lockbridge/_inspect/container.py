"""Which container or unit a process runs in, from its cgroup.

Engines put the container's id into the path: as a directory of its own (cgroupfs), or in the name
of a systemd scope. On cgroup v1 there is a line for each controller, on v2 one; any will do.
"""

from __future__ import annotations

import re
from typing import Optional

from .types import Container

# Monitors (conmon) live in a scope that names the container too, but outside it.
_SCOPE = re.compile(
    r"(?:^|/)(docker|balena|libpod|crio|cri-containerd|nerdctl)-([0-9a-f]{64})(?:\.scope)?(?:/|\Z)"
)
_DIRECTORY = re.compile(
    r"(?:^|/)(docker|balena|actions_job|kubepods|libpod_parent|[^/]*kubepods[^/]*|default|moby"
    r"|k8s\.io)/(?:[^/]+/)*([0-9a-f]{64})(?:/|\Z)"
)
_LXC = re.compile(r"(?:^|/)lxc(?:\.payload)?[./]([^/]+)")
_NSPAWN = re.compile(
    r"(?:^|/)machine\.slice/(?:machine-([^/]+)\.scope|systemd-nspawn@([^/]+)\.service)"
)
_UNIT = re.compile(r".*/([^/]+\.service)(?:/|\Z)")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")

_ENGINES = {
    "docker": "docker",
    "moby": "docker",
    "balena": "balena-engine",
    "libpod": "podman",
    "libpod_parent": "podman",
    "crio": "crio",
}


def _unescape(name: str) -> str:
    """systemd writes "-" in a name as "\\x2d" (systemd.unit(5), "String Escaping")."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)


def _container_in(path: str) -> Optional[Container]:
    found = _SCOPE.search(path) or _DIRECTORY.search(path)
    if found:
        return Container(_ENGINES.get(found[1], "containerd"), found[2])
    found = _LXC.search(path)
    if found:
        return Container("lxc", found[1], found[1])
    found = _NSPAWN.search(path)
    if found is None:
        return None
    machine = _unescape(found[1] or found[2])
    return Container("nspawn", machine, machine)


def parse_cgroup(text: str) -> tuple[Optional[Container], Optional[str]]:
    """The container, else the systemd unit, that the text of a /proc/PID/cgroup names."""
    unit: Optional[str] = None
    for line in text.split("\n"):
        path = ":".join(line.split(":")[2:])
        container = _container_in(path)
        if container is not None:
            return container, None
        found = _UNIT.search(path)
        if unit is None and found:
            unit = _unescape(found[1])
    return None, unit
