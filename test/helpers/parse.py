"""Reads what others wrote, on the Python side: a JSON text a line, its answer a line.

{"record": CONTENT} is answered with the record, "residue" or null, {"traces": {...}} with the
footprint or null. One character of a content is one byte.
"""

import json
import sys

from lockbridge._footprints import recognise
from lockbridge._footprints.types import Traces
from lockbridge._record import is_residue, parse_record

NAMES = {"pid_decides": "pidDecides"}


def record(content):
    raw = content.encode("latin-1")
    if is_residue(raw):
        return "residue"
    found = parse_record(raw)
    return None if found is None else found.as_dict()


def is_unknown(value):
    return value is None or value is False or value in ((), [])


def footprint(given):
    links, entries = given.pop("otherLinks"), given.pop("entries")
    given["content"] = given["content"].encode("latin-1")
    found = recognise(Traces(**given, other_links=lambda: links, entries=lambda: entries))
    if found is None:
        return None
    known = {NAMES.get(key, key): value for key, value in vars(found).items()}
    return {key: value for key, value in known.items() if not is_unknown(value)}


for line in sys.stdin:
    asked = json.loads(line)
    answer = record(asked["record"]) if "record" in asked else footprint(asked["traces"])
    print(json.dumps(answer))
