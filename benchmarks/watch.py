"""Runs a program in a session of its own, watches what it uses, and ends all of it when its time is over."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import psutil

if TYPE_CHECKING:
    from pathlib import Path

EVERY_S = 0.4
START_S, AFTER_FIT_S = 180.0, 240.0
"""Seconds for reading and importing, and for everything after the fit."""
GONE_S = 10.0
"""Longest wait for killed processes to be gone."""
BEFORE_FIT = ("read", "import")


def end_cleanly() -> None:
    """Let a request to end stop the run in progress, too: it lives in a session of its own."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def fit_limit_s(time_limit_s: float) -> float:
    """Return after how many seconds of fitting a peer is killed."""
    return 3 * time_limit_s + 15


@final
@dataclass(slots=True)
class Usage:
    """What a program and all it started used so far."""

    peak_mb: float = 0.0
    cpu_s: dict[int, float] = field(default_factory=dict)
    seen: dict[int, psutil.Process] = field(default_factory=dict)

    def sample(self, pid: int) -> None:
        """Look at every process of the session, and at the children that left it."""
        now: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if os.getsid(process.pid) == pid:
                    now[process.pid] = process
        with suppress(psutil.Error):
            now |= {child.pid: child for child in psutil.Process(pid).children(recursive=True)}
        total = 0
        for number, process in now.items():
            with suppress(psutil.Error):
                total += process.memory_info().rss
                times = process.cpu_times()
                self.cpu_s[number] = times.user + times.system
                self.seen[number] = process
        self.peak_mb = max(self.peak_mb, total / 1e6)

    def end(self) -> None:
        """Kill whatever is left and wait until it is gone, so that it does not disturb the next run.

        A number that was given to another process since then is spared.
        """
        for process in self.seen.values():
            with suppress(psutil.Error):
                if process.is_running():
                    process.kill()
        end = time.monotonic() + GONE_S
        while any(map(_is_alive, self.seen.values())) and time.monotonic() < end:
            time.sleep(0.02)


def watch(
    command: list[str],
    record: Path,
    log: Path,
    limit_s: float,
    environment: dict[str, str],
    cores: list[int],
) -> dict[str, Any]:
    """Run a command on some cores until it ends or a stage takes too long; say what it cost and why."""
    usage, start, busy = Usage(), time.monotonic(), _busy_s()
    children = _children_s()
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=record.parent,
            env=os.environ | environment,
            start_new_session=True,
        )
        if hasattr(os, "sched_setaffinity"):
            with suppress(ProcessLookupError):  # it has ended already
                os.sched_setaffinity(process.pid, cores)  # at once: a thread that exists would stay elsewhere
        try:
            killed = _wait(process, usage, record, limit_s)
        finally:
            usage.sample(process.pid)  # once its parent is dead, a child that left the session is lost
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            usage.end()
    wall_s = time.monotonic() - start
    cpu_s = max(sum(usage.cpu_s.values()), _children_s() - children)
    return {
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "peak_mb": round(usage.peak_mb, 1),
        "others_cores": round(max(0.0, _busy_s() - busy - cpu_s) / wall_s, 2),
        "killed": killed,
        "exit": process.returncode,
    }


def _wait(process: subprocess.Popen[bytes], usage: Usage, record: Path, limit_s: float) -> str | None:
    stage, since = "start", time.monotonic()
    while process.poll() is None:
        usage.sample(process.pid)
        group = _group(record)
        if group != stage:
            stage, since = group, time.monotonic()
        most = {"start": START_S, "fit": limit_s, "after": AFTER_FIT_S}[stage]
        if time.monotonic() - since > most:
            return f"killed after {most:g} s in stage {stage}"
        time.sleep(EVERY_S)
    return None


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _group(record: Path) -> str:
    with suppress(OSError, ValueError):
        stage = json.loads(record.read_text(encoding="utf-8"))["stage"]
        return "start" if stage in BEFORE_FIT else "fit" if stage == "fit" else "after"
    return "start"


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system + getattr(times, "nice", 0.0))


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
