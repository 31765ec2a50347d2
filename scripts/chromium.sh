#!/usr/bin/env bash
# Installs Chromium, in which tests look at the page, unless there is one.
set -euo pipefail

for program in chromium chromium-browser google-chrome; do
  if command -v "$program" >/dev/null; then
    exit 0
  fi
done
exec "$(dirname "$0")/debian.sh" chromium "in which they look at the page"
