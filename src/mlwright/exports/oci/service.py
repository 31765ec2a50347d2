"""How a service runs in a container, whoever builds its image: user, port, variables, names."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.metadata import version

VERSION = version("mlwright")
PORT = 8080
USER = 65532
"""Number of the user and of the group that it runs as; by custom that of images without a shell."""
_LONGEST = 40
"""Of a name: Kubernetes allows 63 letters, of what is named after it, too."""


def variables(place: str) -> dict[str, str]:
    """Return the environment of `mlwright serve`, where `place` is the model.

    It listens on every address of its container, which is how others reach it. That is not allowed without
    keys, so it starts with MLWRIGHT_KEYS or MLWRIGHT_INSECURE alone.
    """
    return {
        "HOME": "/tmp",  # noqa: S108 - the only folder that may be writable
        "LANG": "C.UTF-8",
        "MLWRIGHT_HOST": "0.0.0.0",  # noqa: S104 - as said above
        "MLWRIGHT_MODEL": place,
        "OPENBLAS_NUM_THREADS": "1",
        "ORT_DISABLE_TELEMETRY": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }


def image_name(name: str) -> str:
    """Return a name that images, hosts and what Kubernetes keeps may have: small letters, digits, dashes."""
    found = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_LONGEST].strip("-")
    return found if found[:1].isalpha() else f"model-{found}".strip("-")


def image_tag(model: bytes) -> str:
    """Return the version of a model file, by which the service calls it, too."""
    return sha256(model).hexdigest()[:12]
