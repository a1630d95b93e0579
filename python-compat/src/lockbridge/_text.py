"""Text of strangers made safe for a terminal."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str, limit: int = 256) -> str:
    """At most ``limit`` units of UTF-16 of a stranger's text, as the TypeScript side counts.

    Control characters become "?", and so do lone surrogates: UTF-8 has no bytes for them.
    """
    cut = text[:limit]
    if len(cut) * 2 > limit and not cut.isascii():
        units = cut.encode("utf-16-le", "surrogatepass")[: 2 * limit]
        cut = units.decode("utf-16-le", "surrogatepass")
    return _UNSAFE.sub("?", cut)
