#!/usr/bin/env bash
# Installs PostgreSQL, in which tests run exported queries, unless it is there. Tests start servers of their own:
# without the packages that it recommends there is no cluster that would start with the machine.
set -euo pipefail

if command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
  exit 0
fi
exec "$(dirname "$0")/debian.sh" postgresql "in which they run exported queries"
