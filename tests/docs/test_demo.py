"""The demo that the README promises: it ends well, whatever a baseline learns to answer."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_ends_with_two_models_that_may_ship(tmp_path: Path) -> None:
    mlwright = tmp_path / "mlwright"
    mlwright.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlwright "$@"\n')
    mlwright.chmod(0o755)
    settings = {"MLWRIGHT": str(mlwright), "DEMO_TIME_LIMIT": "15s", "DEMO_OUT": str(tmp_path / "out")}
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [ROOT / "scripts" / "demo.sh"],
        env=os.environ | settings | {"PYTHONPATH": path},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Ready to ship") == 2
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {f"{name}{end}" for name in ("income", "bikes") for end in (".mlw", ".report.html")} | {
        "income_answers.csv"
    }
