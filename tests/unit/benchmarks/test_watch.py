"""A run whose time is over is ended with all it started."""

import json
import sys
from pathlib import Path

import psutil
from runs import Setting
from watch import fit_limit_s, watch

CORES = Setting(Path(), Path()).cores
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_fit_that_takes_too_long_is_killed_with_children_that_left_its_session(tmp_path):
    record, log = tmp_path / "record.json", tmp_path / "log"
    record.write_text(json.dumps({"stage": "fit"}))
    cost = watch([sys.executable, "-c", PARENT], record, log, 0.5, {}, CORES)
    assert cost["killed"] == "killed after 0.5 s in stage fit"
    assert cost["peak_mb"] > 5
    child = int(log.read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_run_that_ends_by_itself_is_not_killed(tmp_path):
    cost = watch(
        [sys.executable, "-c", "raise SystemExit(3)"],
        tmp_path / "none.json",
        tmp_path / "log",
        5.0,
        {},
        CORES,
    )
    assert (cost["killed"], cost["exit"]) == (None, 3)
    assert fit_limit_s(60) == 195
