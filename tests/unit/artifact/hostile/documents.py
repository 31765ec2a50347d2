"""Attacks on the other members: JSON that is broken, odd, or says what cannot be."""

from __future__ import annotations

import json

from .tools import DOCUMENTS, MANIFEST, PROGRAM, drop, hashed, lost, packed, zipped

NOT_JSON = {
    "empty": b"", "cut": b"{", "a list": b"[]", "a number": b"3", "nothing": b"null", "a text": b'"x"',
    "no keys": b"{}", "deep": b"[" * 200_000, "deep objects": b'{"a":' * 200_000, "no text": b"\xff\xfe{}",
    "a mark first": b"\xef\xbb\xbf{}", "zeros": bytes(1_000), "two values": b"{} {}",
}  # fmt: skip


def broken_json(files):
    for name in DOCUMENTS:
        for what, data in NOT_JSON.items():
            yield f"{name} is {what}", packed(files, name, data)
    for what, data in NOT_JSON.items():
        yield f"{MANIFEST} is {what}", zipped({**files, MANIFEST: data})


def odd_json(files):
    """Values that a reader of JSON takes and that JSON, or we, do not know."""
    for name in (*DOCUMENTS, MANIFEST):
        whole = hashed(files) if name == MANIFEST else files
        text = whole[name].decode().lstrip()
        changes = {
            "NaN": text.replace("{", '{"odd": NaN,', 1),
            "Infinity": text.replace("{", '{"odd": -Infinity,', 1),
            "a huge number": text.replace("{", '{"odd": ' + "9" * 10_000 + ",", 1),
            "a number beyond all": text.replace("{", '{"odd": 1e999,', 1),
            "a key twice": text.replace("{", '{"odd": 1, "odd": 2,', 1),
            "half a sign": text.replace("{", '{"odd": "\\ud800",', 1),
        }
        for what, changed in changes.items():
            members = {**files, name: changed.encode()}
            yield f"{name} with {what}", zipped(members if name == MANIFEST else hashed(members))


def _each(files, name, changes):
    for what, change in changes.items():
        value = json.loads(files[name])
        value = change(value) or value
        yield f"{name}: {what}", packed(files, name, json.dumps(value).encode())


def schemas(files):
    def task(**values):
        return lambda s: s["task"].update(values)

    def column(**values):
        return lambda s: s["columns"][0].update(values)

    changes = {
        "no task": lost("task"),
        "no columns": lost("columns"),
        "more": lambda s: s.update(more=1),
        "a task of another kind": task(kind="evil"),
        "a task of no kind": task(kind=7),
        "a task of another family": task(kind="regression"),
        "another link": task(link="softmax"),
        "a link of values": task(link="identity", classes=[]),
        "no target": task(target=None),
        "a metric nobody knows": task(metric="evil"),
        "metrics are a text": task(metrics="roc_auc"),
        "metrics are numbers": task(metrics=[1, 2]),
        "classes too few": task(classes=["no"]),
        "classes too many": task(classes=["no", "yes", "maybe"]),
        "a class twice": task(classes=["no", "no"]),
        "classes of lists": task(classes=[["no"], ["yes"]]),
        "classes of nothing": task(classes=[None, None]),
        "classes are a text": task(classes="ab"),
        "an offset of text": task(offset="far"),
        "an offset of a list": task(offset=[0.0]),
        "a scale of zero": task(scale=0.0),
        "a scale below zero": task(scale=-1.0),
        "a huge scale": task(scale=10**400),
        "a column of another name": column(name="evil"),
        "a column of no name": column(name=7),
        "a column twice": lambda s: s["columns"].append(s["columns"][0]),
        "a column lacks": lambda s: drop(s["columns"], 0),
        "a column of another kind": column(kind="text"),
        "a column that is a date": column(kind="datetime", date_format="%Q"),
        "a column without kind": lambda s: drop(s["columns"][0], "kind"),
        "a column of no role": column(role="evil"),
        "missing is a text": column(missing="na"),
        "missing is a number": column(missing=7),
        "missing holds numbers": column(missing=[1, 2]),
        "levels hold lists": column(levels=[["a"]]),
        "a decimal mark of numbers": column(decimal=7),
        "a decimal mark of many signs": column(decimal="abc"),
        "no decimal mark": column(decimal=""),
        "marks that are equal": column(decimal=",", thousands=","),
        "a mark that is a digit": column(decimal="1"),
        "a date format of numbers": column(date_format=7),
        "a low of text": column(low="low"),
        "a share beyond one": column(missing_share=7.0),
        "unique below zero": column(n_unique=-1),
        "is_integer is a text": column(is_integer="no"),
        "columns are a text": lambda s: s.update(columns="size"),
        "a column is a list": lambda s: s["columns"].__setitem__(0, []),
    }
    yield from _each(files, "schema.json", changes)


def goldens(files):
    def cell(value):
        return lambda g: next(iter(g["rows"].values())).__setitem__(0, value)

    changes = {
        "no rows": lost("rows"),
        "no scores": lost("scores"),
        "rows are a list": lambda g: g.update(rows=[]),
        "a column lacks": lambda g: drop(g["rows"], "size"),
        "a column is empty": lambda g: g["rows"].update(size=[]),
        "all is empty": lambda g: {"rows": {name: [] for name in g["rows"]}, "scores": [], "labels": []},
        "a column is longer": lambda g: g["rows"]["size"].append(1.0),
        "a column is a text": lambda g: g["rows"].update(size="x" * 16),
        "a cell is a list": cell([1]),
        "a cell is a text": cell("x"),
        "a cell is huge": cell(10**400),
        "a cell is true": cell(value=True),
        "a text is a number": lambda g: g["rows"]["note"].__setitem__(0, 7),
        "other scores": lambda g: g["scores"][0].reverse(),
        "scores too few": lambda g: drop(g["scores"], -1),
        "scores are texts": lambda g: g.update(scores="high"),
        "scores are deep": lambda g: g.update(scores=[[[0.5]]]),
        "scores are nothing": lambda g: g.update(scores=[[None, None]] * 16),
        "scores are huge": lambda g: g["scores"][0].__setitem__(0, 1e300),
        "labels too few": lambda g: drop(g["labels"], -1),
        "other labels": lambda g: g.update(labels=[1 - label for label in g["labels"]]),
        "labels are texts": lambda g: g.update(labels="no"),
        "no labels": lambda g: g.update(labels=None),
        "a million rows": lambda g: g.update(
            rows={name: cells * 60_000 for name, cells in g["rows"].items()}
        ),
    }
    yield from _each(files, "golden.json", changes)


def conformals(files):
    changes = {
        "no mode": lost("mode"),
        "a mode nobody knows": lambda i: i.update(mode="evil"),
        "levels are texts": lambda i: i.update(levels=["a"] * len(i["levels"])),
        "levels beyond one": lambda i: i["levels"].__setitem__(0, 7.0),
        "levels in reverse": lambda i: i["levels"].reverse(),
        "levels too few": lambda i: drop(i["levels"], -1),
        "no levels": lambda i: i.update(levels=[], quantiles=[]),
        "quantiles in reverse": lambda i: i["quantiles"].reverse(),
        "quantiles are texts": lambda i: i.update(quantiles="low"),
        "huge quantiles": lambda i: i["quantiles"].__setitem__(0, 10**400),
        "rows are a text": lambda i: i.update(n_rows="many"),
        "rows below zero": lambda i: i.update(n_rows=-1),
        "groups are a list": lambda i: i.update(n_groups=[1]),
        "rows of lists": lambda i: i.update(n_rows=[1]),
    }
    yield from _each(files, "intervals.json", changes)


def told(files):
    """Evidence and profile: nothing is computed from them, but people read them."""
    evidence = {
        "no task": lost("task"),
        "a task of text": lambda e: e.update(task="x"),
        "no test": lost("test"),
        "a test of a list": lambda e: e.update(test=[]),
        "an estimate of text": lambda e: e["test"].update(roc_auc="good"),
        "an estimate of texts": lambda e: e["test"]["roc_auc"].update(value="good"),
        "findings of text": lambda e: e.update(findings="none"),
        "a finding of text": lambda e: e.update(findings=["none"]),
        "a finding without message": lambda e: e.update(findings=[{"severity": "error"}]),
        "a leaderboard of numbers": lambda e: e.update(leaderboard=7),
        "decisions of texts": lambda e: e.update(decisions=["x"]),
        "an environment of a list": lambda e: e.update(environment=[]),
        "a format of tomorrow": lambda e: e.update(format=99),
        "a format of text": lambda e: e.update(format="1"),
        "data of a list": lambda e: e.update(data=[]),
        "a budget of a text": lambda e: e.update(budget="60s"),
        "no evidence but this": lambda _: {"task": {}, "test": {}},
    }
    yield from _each(files, "evidence.json", evidence)
    profile = {
        "no columns": lost("columns"),
        "columns of a list": lambda p: p.update(columns=[]),
        "a column of text": lambda p: p["columns"].update(size="x"),
        "rows of text": lambda p: p.update(n_rows="many"),
        "rows below zero": lambda p: p.update(n_rows=-1),
        "a sketch of text": lambda p: p.update(learned="x"),
        "a sketch of numbers": lambda p: p.update(learned={"n_rows": 1, "hashes": 7}),
        "no predictions": lost("prediction"),
    }
    yield from _each(files, "profile.json", profile)
    yield "card.md is no text", packed(files, "card.md", b"\xff\xfe")
    yield "card.md is huge", packed(files, "card.md", b"x" * 100 * 2**20)


def manifests(files):
    def change(how):
        manifest = json.loads(hashed(files)[MANIFEST])
        manifest = how(manifest) or manifest
        return zipped({**files, MANIFEST: json.dumps(manifest).encode()})

    changes = {
        "no format": lost("format"),
        "a format of text": lambda m: m.update(format="1"),
        "a format that is true": lambda m: m.update(format=True),
        "a format of tomorrow": lambda m: m.update(format=99),
        "a format of a list": lambda m: m.update(format=[1]),
        "no files": lost("files"),
        "files of a list": lambda m: m.update(files=[]),
        "a file lacks": lambda m: drop(m["files"], PROGRAM),
        "a file too many": lambda m: m["files"].update(evil={"sha256": "", "size": 0}),
        "a hash of a number": lambda m: m["files"][PROGRAM].update(sha256=7),
        "no hash": lambda m: drop(m["files"][PROGRAM], "sha256"),
        "another hash": lambda m: m["files"][PROGRAM].update(sha256="0" * 64),
        "another size": lambda m: m["files"][PROGRAM].update(size=1),
        "a size of text": lambda m: m["files"][PROGRAM].update(size="big"),
        "an environment of text": lambda m: m.update(environment="x"),
        "a file is a list": lambda m: m["files"].update({PROGRAM: []}),
    }
    for what, how in changes.items():
        yield what, change(how)
