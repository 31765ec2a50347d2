#!/usr/bin/env bash
# Installs a Debian package: debian.sh PACKAGE WHAT_FOR. Without what it recommends.
set -euo pipefail

package=$1 what_for=$2
if ! command -v apt-get >/dev/null; then
  echo "Tests need $package ($what_for), and there is no apt-get to install it with. Install it, and put its" \
    "programs into PATH." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Tests need $package ($what_for). As root, run: apt-get install $package" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing $package ($what_for) ..."
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
