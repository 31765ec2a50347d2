"""Attacks on how a program is written: its bytes, its declarations, its constants, what reads what."""

from __future__ import annotations

import copy

import numpy as np
import onnx

from .tools import HUGE, INT32, PROGRAM, answer, constants, packed, varint, with_program, zipped


def program_cut(files):
    data = files[PROGRAM]
    for share in range(12):
        yield f"after {share} of 12 parts", packed(files, PROGRAM, data[: len(data) * share // 12])
    yield "by its last byte", packed(files, PROGRAM, data[:-1])


def program_bytes(files):
    data = files[PROGRAM]
    start = data.index(b":")  # the key of the graph

    def edited(at, new):
        return data[:at] + new + data[at + len(new) :]

    changes = {
        "the version is fixed 64": edited(0, b"\x09"),
        "the version is a group": edited(0, b"\x0b"),
        "the version is endless": b"\x08" + b"\xff" * 20 + data[2:],
        "a field of number 0": b"\0\0" + data,
        "a field of a huge number": b"\xf8\xff\xff\xff\x0f\x01" + data,
        "the graph is longer than the file": edited(start + 1, b"\xff\xff\xff\x7f"),
        "the graph is longer than any": edited(start + 1, b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        "the graph is shorter than its nodes": edited(start + 1, b"\x80\x80\x00"),
        "the graph is a number": edited(start, b"\x38"),
        "zeros": bytes(len(data)),
        "noise": np.random.default_rng(0).bytes(len(data)),
        "nothing": b"",
        "twice": data + data,
        "an empty graph follows": data + b"\x3a\x00",
        "an unknown field follows": data + b"\xfa\x7f\x01x",
        "the graph comes first": data[start:] + data[:start],
        "a page": b"<html>" * 1_000,
        "a zip": zipped({"a": b"b"}),
        "a pickle": b"\x80\x04cposix\nsystem\nq\0X\x04\0\0\0trueq\x01\x85q\x02Rq\x03.",
    }
    for what, changed in changes.items():
        yield what, packed(files, PROGRAM, changed)


def envelope(files):
    def nested(proto, depth=3_000):
        data = b""
        for _ in range(depth):  # graphs in attributes of nodes, each inside the next
            for tag in (b"\x32", b"\x2a", b"\x0a"):
                data = tag + varint(len(data)) + data
        proto.graph.node.add(op_type="Identity").MergeFromString(data)

    def opset(at, **values):
        return lambda proto: [setattr(proto.opset_import[at], key, value) for key, value in values.items()]

    changes = {
        "format 0": lambda p: setattr(p, "ir_version", 0),
        "format of tomorrow": lambda p: setattr(p, "ir_version", 99),
        "format beyond counting": lambda p: setattr(p, "ir_version", HUGE),
        "format below zero": lambda p: setattr(p, "ir_version", -1),
        "a producer's version": lambda p: setattr(p, "producer_version", "1"),
        "a domain": lambda p: setattr(p, "domain", "evil"),
        "no operator sets": lambda p: p.ClearField("opset_import"),
        "operators of tomorrow": opset(0, version=999),
        "operators below zero": opset(0, version=-1),
        "operators of long ago": opset(0, version=1),
        "trees of tomorrow": opset(1, version=99),
        "operators of nobody": opset(1, domain="com.evil"),
        "training operators": opset(2, domain="ai.onnx.preview.training"),
        "operators twice": lambda p: p.opset_import.add(domain="", version=18),
        "one set of operators more": lambda p: p.opset_import.add(domain="com.evil", version=1),
        "a function": lambda p: p.functions.add(name="Add", domain="").opset_import.add(
            domain="", version=18
        ),
        "training": lambda p: p.training_info.add().algorithm.node.add(op_type="Add"),
        "a sparse constant": lambda p: p.graph.sparse_initializer.add().dims.append(HUGE),
        "quantization": lambda p: setattr(p.graph.quantization_annotation.add(), "tensor_name", "c_0"),
        "no graph": lambda p: p.ClearField("graph"),
        "an empty graph": lambda p: p.graph.Clear(),
        "no nodes": lambda p: p.graph.ClearField("node"),
        "no inputs": lambda p: p.graph.ClearField("input"),
        "no outputs": lambda p: p.graph.ClearField("output"),
        "no constants": lambda p: p.graph.ClearField("initializer"),
        "graphs inside graphs": nested,
        "a body": lambda p: setattr(p.graph.node[0].attribute.add(name="body", type=5).g, "name", "x"),
        "bodies": lambda p: setattr(
            p.graph.node[0].attribute.add(name="body", type=10).graphs.add(), "name", "x"
        ),
        "a reference to an attribute": lambda p: p.graph.node[0].attribute.add(
            name="a", ref_attr_name="b", type=2
        ),
        "an overloaded operator": lambda p: setattr(p.graph.node[0], "overload", "evil"),
        "a node with metadata": lambda p: p.graph.node[0].metadata_props.add(key="a", value="b"),
    }
    yield from with_program(files, changes)


def declarations(files):
    def kind(where, value):
        return lambda p: setattr(getattr(p.graph, where)[0].type.tensor_type, "elem_type", value)

    def shape(where, *dims):
        def apply(proto):
            found = getattr(proto.graph, where)[0].type.tensor_type.shape
            found.ClearField("dim")
            for dim in dims:
                found.dim.add(**({"dim_value": dim} if isinstance(dim, int) else {"dim_param": dim}))

        return apply

    def renamed(proto):
        last = answer(proto)
        proto.graph.output[0].name = last.output[0] = "other"

    changes = {
        "an input of another kind": kind("input", 7),
        "an input of texts": kind("input", 8),
        "an input of no kind": kind("input", 0),
        "an input of a huge kind": kind("input", INT32),
        "an input of many rows": shape("input", HUGE, 1),
        "an input of no shape": shape("input"),
        "an input of a third dimension": shape("input", "n_rows", 1, HUGE),
        "an input twice": lambda p: p.graph.input.append(p.graph.input[0]),
        "an input lacks": lambda p: p.graph.input.pop(),
        "an input too many": lambda p: setattr(p.graph.input.add(), "name", "evil"),
        "an input with the name of a constant": lambda p: setattr(p.graph.input[0], "name", "c_0"),
        "an input that is a map": lambda p: setattr(p.graph.input[0].type.map_type, "key_type", 7),
        "an input that is a list": lambda p: p.graph.input[0].type.sequence_type.SetInParent(),
        "an answer of another kind": kind("output", 8),
        "an answer of other width": shape("output", "n_rows", 1_000_000),
        "an answer of another name": renamed,
        "an answer that nothing gives": lambda p: p.graph.output.add(name="evil").CopyFrom(p.graph.output[0]),
        "an answer lacks": lambda p: p.graph.output.pop(),
        "the answers in another order": lambda p: p.graph.output.append(p.graph.output.pop(0)),
        "a value declared": lambda p: setattr(p.graph.value_info.add(), "name", "v_0_0"),
    }
    yield from with_program(files, changes)


def tensors(files):
    floats, integers, doubles = 1, 7, 11

    def change(kind, how, at=0):
        return lambda proto: how(constants(proto, kind)[at])

    def swapped(proto):
        one, *rest = constants(proto, floats)
        other = next(item for item in rest if item.dims != one.dims and len(item.raw_data) > 4)
        one.raw_data, other.raw_data = other.raw_data, one.raw_data

    def alike(proto):
        """Swap two of the same shape: a legal program that gives other numbers."""
        found = [item for item in constants(proto, doubles) if not item.dims]
        found[0].raw_data, found[1].raw_data = found[1].raw_data, found[0].raw_data

    def scaled(tensor):
        array = onnx.numpy_helper.to_array(tensor) * np.float32(1.5)
        tensor.raw_data = array.tobytes()

    def filled(value):
        def apply(tensor):
            tensor.raw_data = np.full_like(onnx.numpy_helper.to_array(tensor), value).tobytes()

        return apply

    def outside(tensor, location, **more):
        tensor.ClearField("raw_data")
        tensor.data_location = 1
        for key, value in {"location": location, **more}.items():
            tensor.external_data.add(key=key, value=value)

    def typed(tensor):
        values = onnx.numpy_helper.to_array(tensor).ravel()
        tensor.ClearField("raw_data")
        tensor.float_data.extend(values.tolist())

    changes = {
        "swapped": swapped,
        "swapped with one alike": alike,
        "lost": lambda p: p.graph.initializer.remove(constants(p, floats)[0]),
        "twice": lambda p: p.graph.initializer.append(p.graph.initializer[0]),
        "without a name": change(floats, lambda t: setattr(t, "name", "")),
        "with the name of a value": change(floats, lambda t: setattr(t, "name", "v_0_0")),
        "of another kind": change(floats, lambda t: setattr(t, "data_type", integers)),
        "of half the width": change(integers, lambda t: setattr(t, "data_type", 6)),
        "of texts": change(floats, lambda t: setattr(t, "data_type", 8)),
        "of complex numbers": change(floats, lambda t: setattr(t, "data_type", 15)),
        "of four bits": change(floats, lambda t: setattr(t, "data_type", 22)),
        "of no kind": change(floats, lambda t: setattr(t, "data_type", 0)),
        "of a kind below zero": change(floats, lambda t: setattr(t, "data_type", -1)),
        "of another rank": change(floats, lambda t: t.dims.append(1)),
        "of a flat shape": change(
            floats, lambda t: (t.ClearField("dims"), t.dims.append(len(t.raw_data) // 4))
        ),
        "of a huge shape": change(floats, lambda t: t.dims.__setitem__(0, HUGE)),
        "of a shape that wraps around": change(
            floats, lambda t: (t.ClearField("dims"), t.dims.extend([2**32] * 2))
        ),
        "of a shape below zero": change(floats, lambda t: t.dims.__setitem__(0, -1)),
        "of an empty shape": change(
            floats, lambda t: (t.dims.__setitem__(0, 0), setattr(t, "raw_data", b""))
        ),
        "of a thousand dimensions": change(floats, lambda t: t.dims.extend([1] * 1_000)),
        "with bytes too few": change(floats, lambda t: setattr(t, "raw_data", t.raw_data[:-1])),
        "with bytes too many": change(floats, lambda t: setattr(t, "raw_data", t.raw_data + b"\0\0\0\0")),
        "without bytes": change(floats, lambda t: t.ClearField("raw_data")),
        "as single fields": change(floats, typed),
        "as a segment": change(floats, lambda t: setattr(t.segment, "end", HUGE)),
        "of NaN": change(floats, filled(np.nan)),
        "of infinities": change(floats, filled(np.inf)),
        "moved": change(floats, scaled),
        "of indices out of range": change(integers, filled(10**6), at=3),
        "of indices below zero": change(integers, filled(-(2**40)), at=3),
        "in /etc/passwd": change(floats, lambda t: outside(t, "/etc/passwd")),
        "in ../secret": change(floats, lambda t: outside(t, "../secret", offset="0", length="4")),
        "in a file beside": change(floats, lambda t: outside(t, "weights.bin", offset="-1")),
        "in memory": change(floats, lambda t: outside(t, "*/_ORT_MEM_ADDR_/*", offset="4096", length="64")),
    }
    yield from with_program(files, changes)


def wiring(files):
    def first(op, change):
        return lambda proto: change(next(node for node in proto.graph.node if node.op_type == op))

    def backwards(proto):
        nodes = [copy.deepcopy(node) for node in proto.graph.node][::-1]
        proto.graph.ClearField("node")
        proto.graph.node.extend(nodes)

    def circle(proto):
        adds = [node for node in proto.graph.node if node.op_type == "Add"]
        adds[0].input[0], adds[1].input[0] = adds[1].output[0], adds[0].output[0]

    changes = {
        "a value that nobody gives": first("Add", lambda n: n.input.__setitem__(0, "nobody")),
        "its own value": first("Add", lambda n: n.input.__setitem__(0, n.output[0])),
        "two that wait for each other": circle,
        "nodes in reverse order": backwards,
        "a value given twice": first("Add", lambda n: n.output.__setitem__(0, "v_0_0")),
        "a constant written": first("Add", lambda n: n.output.__setitem__(0, "c_0")),
        "an input written": first("Add", lambda n: n.output.__setitem__(0, "in_0")),
        "an unnamed value": first("Add", lambda n: n.output.__setitem__(0, "")),
        "an unnamed input": first("Add", lambda n: n.input.__setitem__(0, "")),
        "no inputs": first("Add", lambda n: n.ClearField("input")),
        "no outputs": first("Add", lambda n: n.ClearField("output")),
        "too few inputs": first("Add", lambda n: n.input.pop()),
        "too many inputs": first("Add", lambda n: n.input.append("c_0")),
        "too many outputs": first("Add", lambda n: n.output.append("more")),
        "a million inputs": first("Concat", lambda n: n.input.extend([n.input[0]] * 1_000_000)),
        "a name that is no text": first("Add", lambda n: n.MergeFromString(b"\x1a\x02\xff\xfe")),
        "an unknown operator": first("Add", lambda n: setattr(n, "op_type", "Evil")),
        "no operator": first("Add", lambda n: n.ClearField("op_type")),
        "another operator of two": first("Sub", lambda n: setattr(n, "op_type", "Add")),
        "a loop": first("Add", lambda n: setattr(n, "op_type", "Loop")),
        "random numbers": first("Add", lambda n: setattr(n, "op_type", "RandomNormal")),
        "an operator of another domain": first("Add", lambda n: setattr(n, "domain", "com.microsoft")),
        "an operator of nobody's domain": first("Add", lambda n: setattr(n, "domain", "com.evil")),
        "trees of another domain": first("TreeEnsembleRegressor", lambda n: setattr(n, "domain", "")),
    }
    yield from with_program(files, changes)
