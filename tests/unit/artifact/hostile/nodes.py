"""Attacks on what a program computes: operators, look-ups, trees, words, and what it says of itself."""

from __future__ import annotations

import json

import numpy as np
import onnx

from .tools import (
    HUGE,
    INT32,
    INT64,
    PROGRAM,
    answer,
    append,
    attribute,
    between,
    constant,
    listed,
    number,
    put,
    with_nodes,
    with_program,
    word,
)


def operators(files):
    def doubled(proto):
        """Put a value beside itself forty times."""
        name = answer(proto).input[0]
        for step in range(40):
            append(proto, "Concat", [name, name], output=f"evil_{step}", axis=1)
            name = f"evil_{step}"
        proto.graph.node.append(onnx.helper.make_node("Identity", [name], ["probabilities"]))
        proto.graph.node.remove(answer(proto))

    def folded(proto):
        """Make a table of terabytes out of two lists of constants."""
        tall, flat = np.zeros((10**6, 1), np.float32), np.zeros((1, 10**6), np.float32)
        append(proto, "Add", [constant(proto, "tall", tall), constant(proto, "flat", flat)], instead="c_0")

    def wide(op):
        def apply(proto):
            other = np.ones((1, 50_000, 1) if op == "Add" else (2, 10**7), np.float32)
            between(proto, op, constant(proto, "wide", other))

        return apply

    def expanded(proto):
        between(proto, "Expand", constant(proto, "shape", np.array([1, 2**40], np.int64)))

    def integer(op, other):
        def apply(proto):
            days = next(
                n for n in proto.graph.node if n.op_type == "Cast" and attribute(n, "to").i == 7
            ).output[0]
            append(proto, op, [days, constant(proto, "other", np.int64(other))], instead=days)

        return apply

    changes = {
        "a value beside itself forty times": doubled,
        "a table of constants": folded,
        "a wide sum": wide("Add"),
        "a wide product": wide("MatMul"),
        "a huge expansion": expanded,
        "a whole number by zero": integer("Div", 0),
        "a whole number by minus one": integer("Div", -1),
        "a whole number beyond all": integer("Mul", INT64),
        "sum over rows": lambda p: between(
            p, "ReduceSum", constant(p, "axis", np.array([0], np.int64)), keepdims=1
        ),
        "answers of other rows": lambda p: between(
            p, "Gather", constant(p, "at", np.array([0], np.int64)), axis=0
        ),
        "the classes exchanged": lambda p: between(
            p, "Gather", constant(p, "at", np.array([1, 0], np.int64)), axis=1
        ),
        "a label out of range": lambda p: between(p, "Add", constant(p, "off", np.int64(7)), place=1),
        "another label": lambda p: between(p, "Sub", answer(p, 1).input[0], place=1),
        "a decision out of range": lambda p: between(p, "Add", constant(p, "off", np.int64(7)), place=2),
        "another decision": lambda p: between(p, "Sub", answer(p, 2).input[0], place=2),
        "answers as texts": lambda p: between(p, "Cast", to=8),
        "answers as four bits": lambda p: between(p, "Cast", to=22),
        "answers as nothing known": lambda p: between(p, "Cast", to=HUGE),
        "softmax over rows": lambda p: between(p, "Softmax", axis=0),
    }
    yield from with_program(files, changes)


def attributes(files):
    for op, name in (("Concat", "axis"), ("Gather", "axis"), ("ArgMax", "axis")):
        values = {f"{name} {value}": number(name, value) for value in (-HUGE, -3, 2, INT32 + 1, HUGE)}
        yield from with_nodes(files, op, values)
    for op in ("Cast", "Concat", "LabelEncoder", "Tokenizer"):
        changes = {
            "an attribute nobody knows": lambda n: n.attribute.add(name="evil", type=2, i=1),
            "an attribute lacks": lambda n: n.attribute.pop(0),
            "an attribute twice": lambda n: n.attribute.append(n.attribute[0]),
            "an attribute of another kind": lambda n: setattr(n.attribute[0], "type", 1),
            "an attribute of no kind": lambda n: setattr(n.attribute[0], "type", 0),
        }
        yield from with_nodes(files, op, changes)


def lookups(files):
    changes = {
        "fewer values than keys": listed("values_int64s", lambda v: v.pop()),
        "more values than keys": listed("values_int64s", lambda v: v.append(1)),
        "no keys": listed("keys_strings", lambda _: []),
        "no keys and no values": lambda n: [
            n.attribute.remove(attribute(n, k)) for k in ("keys_strings", "values_int64s")
        ],
        "a code out of range": put("values_int64s", 1, 10**6),
        "a code below zero": put("values_int64s", 1, -1),
        "a huge code": put("values_int64s", 1, HUGE),
        "a default out of range": number("default_int64", 10**6),
        "a default below zero": number("default_int64", -(2**63)),
        "another code": put("values_int64s", 2, 0),
        "keys that are no text": put("keys_strings", 1, b"\xff\xfe\xfd"),
    }
    yield from with_nodes(files, "LabelEncoder", changes)


def trees(files):
    def chain(node, depth=300_000):
        """Make of the first tree one that is as deep as it has nodes."""
        lists = {
            "nodes_treeids": [0] * (depth + 1),
            "nodes_nodeids": list(range(depth + 1)),
            "nodes_featureids": [0] * (depth + 1),
            "nodes_values": [0.5] * (depth + 1),
            "nodes_hitrates": [1.0] * (depth + 1),
            "nodes_modes": [b"BRANCH_LEQ"] * depth + [b"LEAF"],
            "nodes_truenodeids": [*range(1, depth + 1), 0],
            "nodes_falsenodeids": [*range(1, depth + 1), 0],
            "nodes_missing_value_tracks_true": [0] * (depth + 1),
            "target_treeids": [0],
            "target_nodeids": [depth],
            "target_ids": [0],
            "target_weights": [1.0],
        }
        for name, values in lists.items():
            listed(name, lambda _, values=values: values)(node)

    integer_lists = (
        "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids", "nodes_treeids", "nodes_nodeids",
        "target_treeids", "target_nodeids", "target_ids",
    )  # fmt: skip
    changes = {}
    for name in integer_lists:
        for value in (10**6, -1, INT32 + 1, HUGE, -HUGE):
            changes[f"{name} {value}"] = put(name, 0, value)
    for name in ("nodes_values", "target_weights"):
        for value in (float("nan"), float("inf"), -float("inf")):
            changes[f"{name} {value}"] = put(name, 0, value)
    for name in ("nodes_hitrates", "nodes_values", "nodes_modes", *integer_lists):
        changes[f"{name} shorter"] = listed(name, lambda v: v.pop())
        changes[f"{name} longer"] = listed(name, lambda v: v.append(v[-1]))
        changes[f"{name} empty"] = listed(name, lambda _: [])
    changes |= {
        "a node below itself": put("nodes_truenodeids", 0, 0),
        "a circle of nodes": listed("nodes_falsenodeids", lambda v: v.__setitem__(slice(1, 3), [0, 0])),
        "a node of no mode": put("nodes_modes", 0, b"EVIL"),
        "a node of an empty mode": put("nodes_modes", 0, b""),
        "a split that is a leaf": put("nodes_modes", 0, b"LEAF"),
        "a member of a set": put("nodes_modes", 0, b"BRANCH_MEMBER"),
        "another comparison": put("nodes_modes", 0, b"BRANCH_GTE"),
        "a feature of another column": listed("nodes_featureids", lambda v: [0 for _ in v]),
        "a leaf without a value": lambda n: [
            listed(f"target_{k}", lambda v: v.pop())(n) for k in ("treeids", "nodeids", "ids", "weights")
        ],
        "other values": listed("target_weights", lambda v: [2 * x for x in v]),
        "a tree as deep as it has nodes": chain,
        "no targets": number("n_targets", 0),
        "targets below zero": number("n_targets", -1),
        "huge targets": number("n_targets", HUGE),
        "a billion targets": number("n_targets", 10**9),
        "the mean": word("aggregate_function", b"AVERAGE"),
        "an aggregate nobody knows": word("aggregate_function", b"EVIL"),
        "a transform": word("post_transform", b"PROBIT"),
        "base values": lambda n: n.attribute.add(name="base_values", type=6, floats=[1e30]),
        "thresholds as a tensor": lambda n: n.attribute.add(
            name="nodes_values_as_tensor", type=4, t=onnx.helper.make_tensor("t", 11, [1], [0.0])
        ),
    }  # fmt: skip
    yield from with_nodes(files, "TreeEnsembleRegressor", changes)


def texts(files):
    counts = {
        "grams out of range": put("ngram_indexes", 0, 10**6),
        "grams below zero": put("ngram_indexes", 0, -1),
        "a huge gram": put("ngram_indexes", 0, HUGE),
        "grams too few": listed("ngram_indexes", lambda v: v.pop()),
        "no grams": listed("ngram_indexes", lambda _: []),
        "starts out of range": put("ngram_counts", -1, 10**6),
        "starts below zero": put("ngram_counts", 0, -1),
        "starts in reverse": listed("ngram_counts", lambda v: v[::-1]),
        "starts too many": listed("ngram_counts", lambda v: v.extend([0] * 1_000)),
        "no starts": listed("ngram_counts", lambda _: []),
        "a pool too short": listed("pool_strings", lambda v: v.pop()),
        "no pool": listed("pool_strings", lambda _: []),
        "grams of no words": number("min_gram_length", 0),
        "grams below no words": number("min_gram_length", -5),
        "grams of many words": number("max_gram_length", HUGE),
        "skips": number("max_skip_count", 10**6),
        "another mode": word("mode", b"IDF"),
        "a mode nobody knows": word("mode", b"EVIL"),
        "weights": lambda n: n.attribute.add(name="weights", type=6, floats=[1.0]),
        "other words": listed("pool_strings", lambda v: v[::-1]),
    }
    yield from with_nodes(files, "TfIdfVectorizer", counts)
    for name in ("separators", "tokenexp"):
        cut = {
            f"{name} marks": number("mark", 1),
            f"{name} of no signs": number("mincharnum", 0),
            f"{name} of a billion signs": number("mincharnum", 10**9),
            f"{name} of less than no signs": number("mincharnum", -1),
            f"{name} padded with words": word("pad_value", b"the" * 10**6),
        }
        if name == "tokenexp":
            cut |= {
                "a broken expression": word(name, b"((((("),
                "an expression that explodes": word(name, b"(((a{1,1000}){1,1000}){1,1000}){1,1000}"),
                "an empty expression": word(name, b""),
            }
        else:
            cut |= {
                "a broken separator": listed(name, lambda _: [b"["]),
                "an empty separator": listed(name, lambda _: [b""]),
                "a million separators": listed(name, lambda _: [b"a"] * 10**6),
            }
        yield from with_nodes(files, "Tokenizer", cut, _first(files, name))


def _first(files, name):
    """Return which of the tokenizers has this attribute."""
    nodes = [n for n in onnx.ModelProto.FromString(files[PROGRAM]).graph.node if n.op_type == "Tokenizer"]
    return next(at for at, node in enumerate(nodes) if any(item.name == name for item in node.attribute))


def facts(files):
    """What the program says of itself, in its metadata."""

    def told(key, change):
        def apply(proto):
            item = next(item for item in proto.metadata_props if item.key == f"mlwright.{key}")
            value = json.loads(item.value)
            value = change(value) or value
            item.value = value if isinstance(value, str) else json.dumps(value)

        return apply

    def part(**changes):
        return told("sums", lambda sums: sums["parts"][0].update(changes))

    changes = {
        "no columns": lambda p: p.metadata_props.pop(0),
        "nothing": lambda p: p.ClearField("metadata_props"),
        "columns twice": lambda p: p.metadata_props.add(key="mlwright.columns", value='["a"]'),
        "columns are a text": told("columns", lambda _: '"size"'),
        "columns are numbers": told("columns", lambda c: list(range(len(c)))),
        "a column twice": told("columns", lambda c: [c[0]] * len(c)),
        "an unknown column": told("columns", lambda c: ["evil", *c[1:]]),
        "columns in another order": told("columns", lambda c: c[::-1]),
        "deep columns": told("columns", lambda _: "[" * 100_000),
        "a huge number": told("columns", lambda _: "9" * 100_000),
        "sums of another link": told("sums", lambda s: s.update(link="evil")),
        "sums of no parts": told("sums", lambda s: s.update(parts=7)),
        "sums of a player out of range": told("sums", lambda s: s["players"].append([10**9])),
        "sums of a player below zero": told("sums", lambda s: s["players"].append([-(10**9)])),
        "sums of columns below zero": told("sums", lambda s: s.update(n_columns=-1)),
        "sums of NaN": told("sums", lambda s: s.update(scale=float("nan"))),
        "sums of texts": told("sums", lambda s: s.update(offset="far")),
        "sums of wrong factors": told("sums", lambda s: s.update(factors=[1.0, 2.0, 3.0])),
        "deep sums": told("sums", lambda _: '{"a":' * 100_000),
        "a part of no weight": part(weight="heavy"),
        "a part of a huge weight": part(weight=1e308),
        "a part that reads nothing known": part(reads="nobody"),
        "a part that gives nothing known": part(scores="nobody"),
        "a part of an owner out of range": part(owners=[10**9]),
        "a part of owners below zero": part(owners=[-7]),
        "a part of no kind": part(kind="evil"),
        "a part of another matrix": part(reads="in_0"),
    }
    yield from with_program(files, changes)
