"""How a sound model file is taken apart, changed and put together again, with hashes that fit."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from hashlib import sha256

import numpy as np
import onnx

PROGRAM, MANIFEST = "program.onnx", "manifest.json"
DOCUMENTS = ("schema.json", "evidence.json", "profile.json", "golden.json", "intervals.json")
HUGE = 2**62
INT32, INT64 = 2**31 - 1, 2**63 - 1


def hashed(files):
    """Return the members with a manifest that fits them."""
    manifest = json.loads(files[MANIFEST])
    rest = {name: data for name, data in files.items() if name != MANIFEST}
    manifest["files"] = {n: {"sha256": sha256(d).hexdigest(), "size": len(d)} for n, d in rest.items()}
    return {MANIFEST: json.dumps(manifest).encode(), **rest}


def zipped(files, change=None):
    """Return the bytes of a zip; `change` may alter what is said of each member before it is written."""
    buffer = io.BytesIO()
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        warnings.simplefilter("ignore")  # a name that is there twice
        for name, data in files.items() if isinstance(files, dict) else files:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(info)
            archive.writestr(info, data)
    return buffer.getvalue()


def packed(files, name, data):
    """Return a model file in which one member holds other bytes."""
    return zipped(hashed({**files, name: data}))


def with_program(files, changes):
    """Yield a model file for each change of the program's message, by what it does."""
    for what, change in changes.items():
        proto = onnx.ModelProto.FromString(files[PROGRAM])
        data = change(proto)
        if not isinstance(data, bytes):
            data = proto.SerializeToString(deterministic=True)
        assert data != files[PROGRAM], what
        yield what, packed(files, PROGRAM, data)


def with_nodes(files, op, changes, number=0):
    """Yield a model file for each change of one node of this operator."""

    def of(change):
        def apply(proto):
            node = [node for node in proto.graph.node if node.op_type == op][number]
            change(node)

        return apply

    yield from with_program(files, {f"{op} {what}": of(change) for what, change in changes.items()})


def attribute(node, name):
    return next(item for item in node.attribute if item.name == name)


def listed(name, change):
    """Change a list of numbers or texts of a node, as a Python list in place."""

    def apply(node):
        found = attribute(node, name)
        field = {6: "floats", 7: "ints", 8: "strings"}[found.type]
        values = list(getattr(found, field))
        changed = change(values)
        found.ClearField(field)
        getattr(found, field).extend(changed if isinstance(changed, list) else values)

    return apply


def put(name, at, value):
    return listed(name, lambda values: values.__setitem__(at, value))


def number(name, value):
    return lambda node: setattr(attribute(node, name), "i", value)


def word(name, value):
    return lambda node: setattr(attribute(node, name), "s", value)


def without(name):
    return lambda node: node.attribute.remove(attribute(node, name))


def constants(proto, kind):
    """Return the constants of a kind of number that have as many cells as possible, the largest first."""
    found = [item for item in proto.graph.initializer if item.data_type == kind]
    return sorted(found, key=lambda item: -len(item.raw_data))


def append(proto, op, inputs, *, output="evil", instead="", domain="", **attributes):
    """Put a node before all others that read `instead`, and let it feed them."""
    node = onnx.helper.make_node(op, inputs, [output], domain=domain, **attributes)
    if not instead:
        proto.graph.node.append(node)
        return
    for at, other in enumerate(proto.graph.node):
        if instead in other.input:
            for place, name in enumerate(other.input):
                if name == instead:
                    other.input[place] = output
            proto.graph.node.insert(at, node)
            return


def constant(proto, name, array):
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
    return name


def answer(proto, place=0):
    """Return the node that gives an answer its name."""
    name = proto.graph.output[place].name
    return next(node for node in proto.graph.node if node.output[0] == name)


def between(proto, op, *others, place=0, **attributes):
    """Let an answer run through one more node."""
    last = answer(proto, place)
    node = onnx.helper.make_node(op, [last.input[0], *others], ["evil"], **attributes)
    last.input[0] = "evil"
    proto.graph.node.insert(list(proto.graph.node).index(last), node)


def drop(holder, key):
    """Take something out of a list or a mapping, without handing it back."""
    del holder[key]


def lost(key):
    return lambda value: drop(value, key)


def varint(length):
    found = bytearray()
    while length >= 0x80:
        found.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*found, length])
