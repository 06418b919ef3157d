"""The lock file: every package that the app's requirements bring, with the hashes of all its files.

pip install uv && python -m tests.lock    writes requirements.lock again, after a change of requirements.txt

It holds for Linux, macOS and Windows. PyTorch is not in it: its CPU build lies in another registry than the others and
has other hashes, so one list cannot hold both, and pip wants a hash of everything or of nothing. The packages of CUDA
that PyPI's build brings on Linux are left out with it. What PyTorch needs besides is in.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
APART = re.compile(r"(torch|triton|cuda-|nvidia-)")
HEAD = """\
# All that requirements.txt brings but PyTorch, with hashes; written by `python -m tests.lock`. After PyTorch itself:
#     pip install --require-hashes --no-deps -r requirements.lock
"""


def without_torch(text: str) -> str:
    """Return uv's lock without PyTorch and what its CUDA build brings; a package's hashes stand below it."""
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE | re.IGNORECASE)
    return "".join(block for block in blocks[1:] if not APART.match(block))


def main() -> int:
    """Write the lock file; returns the exit status."""
    command = ["uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate"]
    uv = subprocess.run(
        [sys.executable, "-m", *command, "--no-config", "--no-header", "--quiet", "requirements.txt"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if uv.returncode:
        print(uv.stderr, file=sys.stderr)
        return 1
    LOCK.write_text(HEAD + without_torch(uv.stdout), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
