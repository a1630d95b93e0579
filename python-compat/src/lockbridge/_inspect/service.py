"""The service that a lock directory belongs to.

A balena-style supervisor keeps one for each service, below
<root>/tmp/balena-supervisor/services/<appId>/<service>/.
"""

from __future__ import annotations

import os
import re
from typing import Optional

from .types import Service

_PLACE = re.compile(r"/balena-supervisor/services/([^/]+)/([^/]+)/(?:resin-)?updates\.lock\Z")


def service_of(path: str) -> Optional[Service]:
    """App and service, if the path lies in a supervisor's lock directory."""
    if not path.endswith("updates.lock"):
        return None
    found = _PLACE.search(os.path.abspath(path))
    return None if found is None else Service(found[1], found[2])
