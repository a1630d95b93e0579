"""Checks what is to be published: check_dist.py WHEEL SDIST WHEEL_OF_THE_SDIST.

The wheel has the types marker, the licence and the README; the sdist brings its tests; and a wheel
built from the sdist is the same to the byte as the one that was built from the tree.
"""

import sys
import tarfile
import zipfile


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def main(wheel, sdist, again):
    wrong = []
    first, second = contents(wheel), contents(again)
    if first != second:
        names = sorted(n for n in {*first, *second} if first.get(n) != second.get(n))
        wrong.append(f"the sdist builds another wheel than the tree: {', '.join(names)}")

    metadata = next((name for name in first if name.endswith(".dist-info/METADATA")), None)
    head, _, readme = first[metadata].decode().partition("\n\n") if metadata else ("", "", "")
    if "# lockbridge" not in readme:
        wrong.append("the wheel's metadata has no README")
    if "Requires-Python: >=3.9" not in head:
        wrong.append("the wheel does not say Requires-Python: >=3.9")
    if "Requires-Dist" in head:
        wrong.append("the wheel has a dependency")
    for end in ("lockbridge/py.typed", ".dist-info/licenses/LICENSE"):
        if not any(name.endswith(end) for name in first):
            wrong.append(f"the wheel has no {end}")
    for name in first:
        if not name.startswith(("lockbridge/", "lockbridge-")):
            wrong.append(f"the wheel puts {name} beside the package")

    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    for needed in ("README.md", "LICENSE", "pyproject.toml", "src/lockbridge/py.typed"):
        if needed not in names:
            wrong.append(f"the sdist has no {needed}")
    if not any(name.startswith("tests/test_") for name in names):
        wrong.append("the sdist has no tests")
    return wrong


problems = main(*sys.argv[1:])
print("\n".join(problems))
sys.exit(1 if problems else 0)
