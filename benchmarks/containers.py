"""Starts an image with runc: as the user it names, without rights, on a root that cannot be written to.

Nothing of mlwright is used here, so what it has written is looked at with other eyes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RUNC = shutil.which("runc") or shutil.which("runc", path="/usr/sbin")
_PATIENCE_S = 60.0
_NAMESPACES = ("pid", "ipc", "uts", "mount")
"""Not the network: the container listens on the machine's own, so that no network has to be made."""


@dataclass(frozen=True)
class Unpacked:
    """An image on disk, and what its configuration says."""

    rootfs: Path
    settings: Mapping[str, Any]
    digest: str
    layers: Sequence[tuple[str, int]]
    """What each layer is, and its size [bytes]."""


@dataclass
class Container:
    """A container that runs."""

    address: str
    pid: int
    told: Path
    """What it prints goes there."""
    ready_s: float = 0.0
    """From the start of its process until it said that it is ready."""
    status: int | None = None
    """How it ended."""

    @property
    def rss_bytes(self) -> int:
        """Return the memory that is its own or shared."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def unpack(archive: Path, folder: Path) -> Unpacked:
    """Unpack an OCI archive, comparing every hash in it."""
    with tarfile.open(archive) as tar:

        def blob(digest: str) -> bytes:
            data = tar.extractfile("blobs/" + digest.replace(":", "/")).read()  # type: ignore[union-attr]
            assert digest == f"sha256:{hashlib.sha256(data).hexdigest()}"  # noqa: S101 - also a test's helper
            return data

        index = json.load(tar.extractfile("index.json"))  # type: ignore[arg-type]
        pointer = index["manifests"][0]["digest"]
        manifest = json.loads(blob(pointer))
        config = json.loads(blob(manifest["config"]["digest"]))
        rootfs = folder / "rootfs"
        for layer, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
            plain = gzip.decompress(blob(layer["digest"]))
            assert diff_id == f"sha256:{hashlib.sha256(plain).hexdigest()}"  # noqa: S101 - as above
            with tarfile.open(fileobj=BytesIO(plain)) as content:
                content.extractall(rootfs, filter="tar")
    notes = [one["created_by"] for one in config["history"]]
    sizes = [layer["size"] for layer in manifest["layers"]]
    return Unpacked(rootfs, config["config"], pointer, list(zip(notes, sizes, strict=True)))


@contextmanager
def running(
    image: Unpacked, environment: Mapping[str, str], words: Sequence[str] | None = None
) -> Iterator[Container]:
    """Start the service, wait until it is ready; at the end send SIGTERM and note how it ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    bundle, name = image.rootfs.parent, f"mlwright-{uuid.uuid4().hex[:12]}"
    config = _config(image, {**environment, "MLWRIGHT_PORT": str(port)}, words)
    (bundle / "config.json").write_text(json.dumps(config), encoding="utf-8")
    runc, told = [str(RUNC), "--root", str(bundle / "runc")], bundle / f"{name}.txt"
    with told.open("wb") as out:
        process = subprocess.Popen(
            [*runc, "run", "-b", str(bundle), name], stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        container = Container(f"http://127.0.0.1:{port}", 0, told)
        _wait(process, container)
        container.pid = json.loads(subprocess.check_output([*runc, "state", name]))["pid"]
        container.ready_s = time.clock_gettime(time.CLOCK_BOOTTIME) - _started(container.pid)
        yield container
        subprocess.run([*runc, "kill", name, "TERM"], check=True)
        container.status = process.wait(_PATIENCE_S)
    finally:
        if process.poll() is None:
            subprocess.run([*runc, "kill", name, "KILL"], check=False)
            process.wait(_PATIENCE_S)
        subprocess.run([*runc, "delete", "--force", name], check=False, capture_output=True)


def refused(image: Unpacked, environment: Mapping[str, str]) -> tuple[int, str]:
    """Start a service that does not start; return its exit status and what it said."""
    bundle, name = image.rootfs.parent, f"mlwright-{uuid.uuid4().hex[:12]}"
    (bundle / "config.json").write_text(json.dumps(_config(image, environment, None)), encoding="utf-8")
    words = [str(RUNC), "--root", str(bundle / "runc"), "run", "-b", str(bundle), name]
    ran = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
    )
    return ran.returncode, ran.stderr


def _wait(process: subprocess.Popen[bytes], container: Container) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(container.address + "/readyz", timeout=1) as answer:  # noqa: S310 - ours
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    raise RuntimeError(f"The container is not ready: {container.told.read_text(encoding='utf-8')}")


def _started(pid: int) -> float:
    """Return when a process began [s since the machine was started]."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _config(image: Unpacked, environment: Mapping[str, str], words: Sequence[str] | None) -> dict[str, Any]:
    """Return what runc is told: the image's own wishes, and nothing that they do not need."""
    user, _, group = image.settings["User"].partition(":")
    given = [f"{name}={value}" for name, value in environment.items()]
    args = [*image.settings["Entrypoint"], *(image.settings["Cmd"] if words is None else words)]
    nothing: dict[str, list[str]] = {kind: [] for kind in ("bounding", "effective", "permitted", "ambient")}
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": int(user), "gid": int(group)},
            "args": args,
            "env": [*image.settings["Env"], *given],
            "cwd": image.settings["WorkingDir"],
            "capabilities": nothing,
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": True},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
        ],
        "linux": {"namespaces": [{"type": kind} for kind in _NAMESPACES]},
    }
