"""The running mlwright itself, to be carried along: its files, and a wheel of them."""

from __future__ import annotations

import base64
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from mlwright.exports.oci.service import VERSION

_INFO = f"mlwright-{VERSION}.dist-info"
_METADATA = (
    f"Metadata-Version: 2.4\nName: mlwright\nVersion: {VERSION}\nLicense-Expression: Apache-2.0\n"
    "Requires-Python: >=3.11\n"
)
_WHEEL = "Wheel-Version: 1.0\nGenerator: mlwright\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_SCRIPTS = "[console_scripts]\nmlwright = mlwright.cli.app:main\n"
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The oldest that a zip file knows, so that the same files give the same bytes."""
_MODE = 0o100644

WHEEL_NAME = f"mlwright-{VERSION}-py3-none-any.whl"


def own_files() -> dict[str, bytes]:
    """Return the files of mlwright, and what says to others that it is there, by path where Python imports.

    It asks for no other packages: what carries it along decides how much of it is to work.
    """
    source = Path(__file__).parents[2]
    files = {
        f"mlwright/{file.relative_to(source).as_posix()}": file.read_bytes()
        for file in sorted(source.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }
    return {**files, f"{_INFO}/METADATA": _METADATA.encode()}


def own_wheel() -> bytes:
    """Return a wheel of the running mlwright, always the same, which no package index needs to have."""
    files = {
        **own_files(),
        f"{_INFO}/WHEEL": _WHEEL.encode(),
        f"{_INFO}/entry_points.txt": _SCRIPTS.encode(),
    }
    record = "".join(f"{path},sha256={_hash(data)},{len(data)}\n" for path, data in files.items())
    files[f"{_INFO}/RECORD"] = f"{record}{_INFO}/RECORD,,\n".encode()
    wheel = BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            info = zipfile.ZipInfo(path, _MOMENT)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, _MODE << 16
            archive.writestr(info, data)
    return wheel.getvalue()


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
