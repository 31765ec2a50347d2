#!/usr/bin/env bash
# Installs runc, with which tests start exported images, unless it is there. It needs no daemon, but root.
set -euo pipefail

if command -v runc >/dev/null || [ -x /usr/sbin/runc ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "Tests that start images are skipped: they run as root, with runc of Debian or Ubuntu." >&2
  exit 0
fi
echo "Installing runc, which tests start exported images with ..."
apt-get update -qq
env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends runc >/dev/null
