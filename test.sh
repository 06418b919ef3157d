#!/usr/bin/env bash
# Installs what the tests need and runs them all: format, lint, types, audit, tests, browser tests.
#   bash test.sh fast [pytest's arguments]   what a change needs: format, lint, types, quick tests; installs once
#   bash test.sh [pytest's arguments]        all of the above, and the tests that the arguments name, or all
set -euo pipefail
cd "$(dirname "$0")"
export OMP_NUM_THREADS=1
export PYTHONDONTWRITEBYTECODE= # the tests start a hundred processes, which import the same modules

fast=false
if [ "${1:-}" = fast ]; then fast=true && shift; fi

install() { # nothing where the requirements are those of the last time; a module is compiled when it is imported
  local wanted
  wanted=$(cat requirements*.txt | cksum)
  if [ -x .venv/bin/python ] && [ "$(cat .venv/installed 2>/dev/null)" = "$wanted" ]; then return; fi
  [ -x .venv/bin/python ] || python3 -m venv .venv
  # PyTorch's CPU build, where its registry is reached: PyPI's brings CUDA on Linux, some 3 GB that no test uses
  .venv/bin/pip install -q --disable-pip-version-check --no-compile --no-deps --retries 1 \
    --extra-index-url https://download.pytorch.org/whl/cpu "$(grep ^torch== requirements.txt)"
  .venv/bin/pip install -q --disable-pip-version-check --no-compile --prefer-binary -r requirements-test.txt
  echo "$wanted" >.venv/installed
}

static() { # format, lint, types
  .venv/bin/ruff format --check .
  .venv/bin/ruff check .
  .venv/bin/mypy
}

tests() { # on two cores, and on one thread each: two threads of each would wait for one another
  META_THREADS=1 .venv/bin/python -m pytest -n 2 "$@"
}

audit() { # known vulnerabilities of all that is installed; that nobody could look is a failure
  .venv/bin/python -m tests.audit
}

browser() { # from Debian's packages; elsewhere have `chromium` on the PATH
  if command -v chromium >/dev/null; then return; fi
  local as_root
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  $as_root apt-get update -qq
  $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
}

if $fast; then
  install
  static
  tests --dist worksteal -m "not e2e and not slow and not cluster" "${@:-tests}"
  exit
fi

browser & # Debian's packages and Python's at the same time
waits=$!
install
wait $waits
audit &
audited=$!
static & # mypy keeps one core busy
checked=$!
if [ $# -gt 0 ]; then
  .venv/bin/python -m pytest "$@"
  wait $audited
  wait $checked
else
  tests --dist loadfile -m "not e2e"
  wait $audited
  wait $checked
  .venv/bin/python -m pytest -m e2e # these have the machine to themselves: they wait for what a learner would wait for
fi
