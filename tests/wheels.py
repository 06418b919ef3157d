"""Which Pythons and machines the pinned packages have wheels for, by the registry's own lists of files.

python -m tests.wheels    prints a row for each machine; core/runtime/machine.py and the README say the same
"""

import json
import re
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

ROOT = Path(__file__).parents[1]
INDEX = "https://pypi.org/simple"
PYTHONS = [(3, minor) for minor in range(10, 17)]
LINUX = [f"manylinux_2_{minor}_{{}}" for minor in range(35, 4, -1)] + ["manylinux2014_{}"]
MAC = [f"macosx_{major}_0_{{}}" for major in range(15, 10, -1)] + [
    "macosx_10_15_{}",
    "macosx_10_13_{}",
    "macosx_10_12_{}",
]
# a machine as core.runtime.machine names it: the tags of its wheels, and what markers see
MACHINES = {
    "Linux x86_64": ([tag.format("x86_64") for tag in LINUX], "linux", "x86_64"),
    "Linux aarch64": ([tag.format("aarch64") for tag in LINUX], "linux", "aarch64"),
    "Darwin arm64": ([tag.format(kind) for tag in MAC for kind in ("arm64", "universal2")], "darwin", "arm64"),
    "Darwin x86_64": ([tag.format(kind) for tag in MAC for kind in ("x86_64", "universal2")], "darwin", "x86_64"),
    "Windows AMD64": (["win_amd64"], "win32", "AMD64"),
    "Windows ARM64": (["win_arm64"], "win32", "ARM64"),
}


def pins() -> list[Requirement]:
    """Return the app's own pins and those of the lock file, which are all packages but PyTorch's."""
    lines = [
        *(ROOT / "requirements.txt").read_text().splitlines(),
        *(ROOT / "requirements.lock").read_text().splitlines(),
    ]
    found = [re.split(r"\s*(?:\\|--hash)", line)[0] for line in lines if re.match("[a-z]", line)]
    return list({str(pin): pin for pin in map(Requirement, found)}.values())


@cache
def files(name: str) -> tuple[str, ...]:
    """Return the names of all files of a package. Raises OSError where the registry cannot be reached."""
    request = urllib.request.Request(
        f"{INDEX}/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as answer:
        return tuple(file["filename"] for file in json.load(answer)["files"])


@cache
def wheels(name: str, version: str) -> frozenset[Tag]:
    """Return the tags of all wheels of a version."""
    tags = set[Tag]()
    for file in files(name):
        if file.endswith(".whl"):
            try:
                _, wheel_version, _, wheel_tags = parse_wheel_filename(file)
            except InvalidWheelFilename:
                continue
            if str(wheel_version).split("+")[0] == version:
                tags |= wheel_tags
    return frozenset(tags)


def missing(machine: str, python: tuple[int, int], wanted: Iterable[Requirement]) -> Iterator[str]:
    """Yield the pins that have no wheel for a machine and a Python."""
    platforms, system, processor = MACHINES[machine]
    tags = {*cpython_tags(python, platforms=platforms), *compatible_tags(python, platforms=platforms)}
    environment = default_environment() | {
        "sys_platform": system, "platform_machine": processor, "platform_system": machine.split(maxsplit=1)[0],
        "python_version": f"{python[0]}.{python[1]}", "python_full_version": f"{python[0]}.{python[1]}.0",
    }  # fmt: skip
    for pin in wanted:
        if pin.marker is None or pin.marker.evaluate(environment):
            (version,) = pin.specifier
            if not tags & wheels(pin.name, version.version):
                yield f"{pin.name} {version.version}"


def table() -> dict[str, dict[tuple[int, int], list[str]]]:
    """Return, for each machine and Python, the pins without a wheel. Raises OSError."""
    wanted = pins()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(files, {pin.name for pin in wanted}))
    return {machine: {python: [*missing(machine, python, wanted)] for python in PYTHONS} for machine in MACHINES}


if __name__ == "__main__":
    for machine, by_python in table().items():
        for (major, minor), lacking in by_python.items():
            print(f"{machine:14} {major}.{minor:<3} {'no wheel: ' + ', '.join(lacking) if lacking else 'yes'}")
