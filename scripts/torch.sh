#!/usr/bin/env bash
# Installs PyTorch, the extra `deep`, into the environment of the tests: torch.sh PYTHON. Tests of the extra are
# skipped where that fails; nothing else needs it.
set -euo pipefail

python=$1
if "$python" -c "import torch" 2>/dev/null; then
  exit 0
fi
echo "Installing PyTorch (with which a recommender is trained) ..."
"$python" -m pip install --quiet torch==2.13.0 ||
  echo "PyTorch could not be installed: tests of the extra 'deep' are skipped." >&2
