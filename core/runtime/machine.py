"""Whether this Python and this machine can run the program, said in words before an import fails.

It imports nothing that is not Python's own, and is written for older Pythons than the rest. `python -m tests.wheels`
asks the registry for which Pythons and machines the pinned packages have wheels.
"""

import platform
import sys
from importlib.util import find_spec

FIRST, LAST = (3, 11), (3, 14)
MACHINES = ("Linux x86_64", "Linux aarch64", "Darwin arm64", "Windows AMD64")
IN_WORDS = "Linux with glibc (x86-64 or arm64), macOS on Apple silicon, and Windows on x86-64"
NEEDED = ("torch", "numpy", "pandas", "streamlit", "plotly", "tqdm", "pygments")
PYTHONS = "{}.{} to {}.{}".format(*FIRST, *LAST)


def machine() -> str:
    """Return the system and the processor of this Python, as in MACHINES if it is one of them."""
    name = f"{platform.system()} {platform.machine()}"
    if sys.maxsize < 2**32:
        return f"{name}, a Python of 32 bits"
    if platform.system() == "Linux" and platform.libc_ver()[0] != "glibc":
        return f"{name} without glibc"
    return name


def problem() -> str:
    """Return why the program cannot run here, in words, or nothing. Whoever has built all packages can run it."""
    version = "{}.{}".format(*sys.version_info[:2])
    if sys.version_info[:2] < FIRST:
        return f"this program needs Python {PYTHONS}, and this is Python {version}"
    missing = [name for name in NEEDED if find_spec(name) is None]
    if not missing:
        return ""
    if sys.version_info[:2] > LAST:
        return f"PyTorch as it is pinned here has no build for Python {version}: use Python {PYTHONS}"
    if machine() not in MACHINES:
        return f"PyTorch as it is pinned here has no build for this machine ({machine()}): it has for {IN_WORDS}"
    return f"{', '.join(missing)}: not installed in this Python; install as the README says, and use .venv/bin/python"


def check() -> None:
    """End the program in words where it cannot run here."""
    reason = problem()
    if reason:
        print(f"error: {reason}", file=sys.stderr)
        sys.exit(2)
