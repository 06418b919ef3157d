"""Known vulnerabilities of all that is installed: python -m tests.audit

Three outcomes are not the same: nothing is known of what was looked up; this registry has no list, as a mirror may not;
and nobody could look, because there was no network, or the auditor was killed or is not installed. The last one fails.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

COMMAND = (sys.executable, "-m", "pip_audit", "--local", "--progress-spinner", "off", "--format", "json")
LONGEST = 600  # seconds


def audit(command: Sequence[str] = COMMAND, seconds: float = LONGEST) -> tuple[int, str]:
    """Run the auditor; returns 0 or 1 for passed or failed, and what to say."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, f"audit: could not look: {error}"
    packages = _packages(ended.stdout)
    if packages is None or ended.returncode not in (0, 1) or (ended.returncode and not _known(packages)):
        last = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return 1, f"audit: could not look: the auditor ended with {ended.returncode}: {last[:300]}"
    if known := _known(packages):
        return 1, "audit: known vulnerabilities:\n" + "\n".join(known)
    looked_up = [package for package in packages if "vulns" in package]
    without = len(packages) - len(looked_up)
    if not looked_up:
        return 0, f"audit: this registry has no list of vulnerabilities: none of {without} packages was looked up"
    return 0, f"audit: nothing known of {len(looked_up)} packages; not in the list: {without}"


def _packages(text: str) -> list[dict[str, Any]] | None:
    """Return the auditor's rows, or None where it gave none."""
    try:
        packages = json.loads(text)["dependencies"]
    except (ValueError, TypeError, KeyError):
        return None
    return packages or None


def _known(packages: list[dict[str, Any]]) -> list[str]:
    return [
        f"{package['name']} {package['version']}: {', '.join(known['id'] for known in package['vulns'])}"
        for package in packages
        if package.get("vulns")
    ]


if __name__ == "__main__":
    status, text = audit()
    print(text)
    sys.exit(status)
