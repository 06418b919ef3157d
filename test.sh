#!/usr/bin/env bash
# Installs what the tests need and runs them all: format, lint, types, audit, tests, browser tests.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v chromium >/dev/null; then # from Debian's packages; elsewhere have `chromium` on the PATH
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  $as_root apt-get update -qq
  $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip install -q -r requirements-test.txt

.venv/bin/ruff format --check .
.venv/bin/ruff check .
.venv/bin/mypy

# known vulnerabilities of all that is installed, where the registry has a list of them: a mirror may not
audit=$(.venv/bin/pip-audit --local --progress-spinner off 2>&1) || true
case $audit in
  *"No known vulnerabilities"*) echo "audit: nothing known; not in the list: $(grep -c "could not be" <<<"$audit")" ;;
  *" known vulnerabilit"*) echo "$audit" && exit 1 ;;
  *) echo "audit: this registry has no list" ;;
esac

if [ $# -gt 0 ]; then
  .venv/bin/python -m pytest "$@"
else # browser tests have the machine to themselves: they wait for what a learner would wait for
  OMP_NUM_THREADS=1 .venv/bin/python -m pytest -m "not e2e" -n 2 --dist loadfile
  .venv/bin/python -m pytest -m e2e
fi
