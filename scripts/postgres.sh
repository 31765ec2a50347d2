#!/usr/bin/env bash
# Installs PostgreSQL, in which tests run exported queries, unless it is there. Tests start servers of their own.
set -euo pipefail

if command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "Tests need PostgreSQL (initdb and pg_ctl), and there is no apt-get to install it with. Install it and" \
    "put its programs into PATH." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Tests need PostgreSQL. As root, run: apt-get install postgresql" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing PostgreSQL, which tests run exported queries in ..."
"${as_root[@]}" apt-get update -qq
# Without the recommended packages, and without a cluster that would start with the machine.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
