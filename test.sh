#!/usr/bin/env bash
# Installs what the tests need and runs them all: format, lint, types, tests, browser tests.
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
if [ $# -gt 0 ]; then
  .venv/bin/python -m pytest "$@"
else # browser tests have the machine to themselves: they wait for what a learner would wait for
  OMP_NUM_THREADS=1 .venv/bin/python -m pytest -m "not e2e" -n 2 --dist loadfile
  .venv/bin/python -m pytest -m e2e
fi
