#!/usr/bin/env bash
# Installs runc, with which tests start exported images, unless it is there. It needs no daemon.
set -euo pipefail

if command -v runc >/dev/null || [ -x /usr/sbin/runc ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "There is no apt-get to install runc with: tests of images are skipped." >&2
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Tests need runc. As root, run: apt-get install runc" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing runc, which tests start exported images with ..."
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends runc >/dev/null
