"""Building: base, Python packages, mlwright and the model, one layer each; what changes most lies on top."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from mlwright.core.progress import Event, Listener, silence
from mlwright.exports.oci.archive import Image, plain, read_archive, write_archive
from mlwright.exports.oci.bill import bill
from mlwright.exports.oci.debian import debian_tree
from mlwright.exports.oci.distributions import packages_tree
from mlwright.exports.oci.layer import Entry, Tree, pack
from mlwright.exports.oci.own import own_files
from mlwright.exports.oci.python import find_python
from mlwright.exports.oci.root import Root
from mlwright.exports.oci.service import PORT, USER, VERSION, image_name, image_tag, variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.exports.oci.layer import Layer
    from mlwright.exports.oci.python import Python

PACKAGES = "opt/mlwright"
"""Where packages and mlwright stand."""
_BILL = f"{PACKAGES}/image.spdx.json"
_N_BASE = "io.mlwright.base-layers"
"""The label that says how many layers from below are the base."""


@final
@dataclass(frozen=True, slots=True)
class Built:
    """An archive of an image, and its bill of materials."""

    archive: bytes
    bill: bytes


def build_image(model: bytes, name: str, base: Path | None = None, listen: Listener = silence) -> Built:
    """Return the image of a service for a model file.

    Parameters
    ----------
    name
        What the model is called in the addresses of the service; the image is called so, too, in lower case.
    base
        An archive of an image with Python. If mlwright has made it, its base is taken, and no more of it.
        None: packages of this machine's distribution.

    Raises
    ------
    UsageError
        The base, a package or this machine is not fit for it; the message says why.
    """
    with tempfile.TemporaryDirectory(prefix="mlwright-image-") as folder:
        work = Path(folder)
        root = Root(work / "root")
        source = f"reading {base.name}" if base else "fetching Python from this machine's distribution"
        listen(Event(phase="base", message=source))
        given = _laid_given(base, root) if base else None
        ground = {} if given else debian_tree(work)
        root.lay(ground)
        python = find_python(root, given.settings if given else {})
        listen(Event(phase="packages", message="putting in what answering needs"))
        packages, place = _below(packages_tree(python, work)), f"model/{name}.mlw"
        own = _below({path: Entry(data) for path, data in own_files().items()})
        for tree in (packages, own, {place: Entry(model)}):
            root.lay(tree)
        own[_BILL] = Entry(bill(root, PACKAGES))
        listen(Event(phase="checking", message="opening the model in it"))
        used = python.check(PACKAGES, f"/{place}")
        above = [("Python packages", packages), (f"mlwright {VERSION}", own)]
        listen(Event(phase="packing", message="compressing the layers"))
        layers = _packed(python, above if given else [("base", ground), *above], used)
        layers = [*(given.layers if given else ()), *layers, pack({place: Entry(model)}, f"model {name}")]
        image = Image(layers, _settings(given, python, f"/{place}", model))
        return Built(write_archive(image, image_name(name), image_tag(model)), own[_BILL].data)


def _laid_given(path: Path, root: Root) -> Image:
    """Read the base that was given, and unpack it."""
    image = read_archive(path)
    labels: Mapping[str, str] = image.settings.get("Labels") or {}
    if labels.get(_N_BASE, "").isdigit():
        image = Image(image.layers[: int(labels[_N_BASE])], image.settings)
    for layer in image.layers:
        root.unpack(plain(layer))
    return image


def _packed(python: Python, trees: Sequence[tuple[str, Tree]], used: set[str]) -> list[Layer]:
    """Return the layers, with byte code for what is `used`: imported before a service opens its model.

    What a given base has without byte code gets it in the first of our layers. All of mlwright gets some,
    for which of it a model takes is not known here.
    """
    ours = {path for _, tree in trees for path in tree}
    chosen = [used & tree.keys() for _, tree in trees]
    chosen[0] = chosen[0] | {path for path in used - ours if not python.has_compiled(path)}
    chosen[-1] = set(trees[-1][1])

    def packed(number: int) -> Layer:
        note, tree = trees[number]
        return pack(tree | python.compiled(chosen[number]), note)

    with ThreadPoolExecutor() as threads:
        return list(threads.map(packed, range(len(trees))))


def _below(tree: Tree) -> Tree:
    return {f"{PACKAGES}/{path}": entry for path, entry in tree.items()}


def _settings(base: Image | None, python: Python, place: str, model: bytes) -> dict[str, Any]:
    """Return how the image is started, and what it says of itself."""
    lines = (base.settings.get("Env") or ()) if base else ()
    given = dict(line.split("=", 1) for line in lines if "=" in line)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        **given,
        **variables(place),
        "PYTHONPATH": f"/{PACKAGES}",
    }
    return {
        "Cmd": ["serve"],
        "Entrypoint": [python.path, "-m", "mlwright"],
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "ExposedPorts": {f"{PORT}/tcp": {}},
        "Labels": {
            "io.mlwright.model.sha256": sha256(model).hexdigest(),
            "io.mlwright.version": VERSION,
            "io.mlwright.sbom": f"/{_BILL}",
            _N_BASE: str(len(base.layers) if base else 1),
            "org.opencontainers.image.title": Path(place).stem,
            "org.opencontainers.image.description": "A model behind HTTP, made by mlwright",
            "org.opencontainers.image.version": image_tag(model),
        },
        "StopSignal": "SIGTERM",
        "User": f"{USER}:{USER}",
        "WorkingDir": "/",
    }
