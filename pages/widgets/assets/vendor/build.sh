#!/usr/bin/env bash
# Makes the bundles and LICENSES.md from the packages that package-lock.json names.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund
node build.mjs
