"""Hostile model files, made from a sound one: a function per family, and the hashes are made to fit.

A family yields (what was done, bytes of the file). Attacks on the program change its message with `onnx`, or
its bytes; attacks on the other members change JSON values or text; attacks on the container the zip.
"""

from __future__ import annotations

import zipfile

from . import containers, documents, messages, nodes

FAMILIES = (
    messages.program_cut, messages.program_bytes, messages.envelope, messages.declarations, messages.tensors,
    messages.wiring, nodes.operators, nodes.attributes, nodes.lookups, nodes.trees, nodes.texts, nodes.facts,
    documents.broken_json, documents.odd_json, documents.schemas, documents.goldens, documents.conformals,
    documents.told, documents.manifests, containers.names, containers.kinds, containers.bombs,
    containers.directory,
)  # fmt: skip


def attacks(path):
    """Yield (name, bytes) of all attacks on the model at `path`; names are unique."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for family in FAMILIES:
        for what, data in family(files):
            yield f"{family.__name__}: {what}", data
