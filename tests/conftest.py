"""Every test runs on a data folder of its own, with the real Omniglot in it where its zips are at hand."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

REAL = Path(os.environ.get("OMNIGLOT_TEST_DIR") or Path(__file__).parents[2] / "shared" / "omniglot")
HAS_REAL = all((REAL / f"{name}.zip").exists() for name in ("images_background", "images_evaluation"))
needs_real = pytest.mark.skipif(
    not HAS_REAL, reason=f"the real Omniglot is not in {REAL}; name a folder with its zips in OMNIGLOT_TEST_DIR"
)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Prepare the data once, before any server or worker starts and would do it too."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # the session that started this one has
    os.environ["META_DATA_DIR"] = tempfile.mkdtemp(prefix="meta-data-")
    os.environ.pop("OMNIGLOT_DIR", None)
    if HAS_REAL:
        from core.tasks import omniglot

        os.environ["OMNIGLOT_DIR"] = str(REAL)
        kept = _prepared(session.config.cache.mkdir("omniglot"), Path(omniglot.__file__).parent)
        if kept.exists():
            shutil.copy(kept, omniglot.cache_file())
        omniglot.load()
        if not kept.exists():
            shutil.copy(omniglot.cache_file(), kept)


def _prepared(folder: Path, code: Path) -> Path:
    """Where the array file of these zips is kept for the next session, until the code that prepares it changes."""
    zips = [str((one.name, one.stat().st_size, one.stat().st_mtime_ns)).encode() for one in sorted(REAL.glob("*.zip"))]
    sources = [one.read_bytes() for one in sorted(code.glob("*.py"))]
    return folder / f"{hashlib.sha256(b''.join([*zips, *sources])).hexdigest()}.npz"
