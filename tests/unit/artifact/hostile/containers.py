"""Attacks on the zip: names, kinds of members, bombs, a directory that lies."""

from __future__ import annotations

import struct
import zipfile

from .tools import DOCUMENTS, HUGE, MANIFEST, PROGRAM, hashed, packed, varint, zipped


def names(files):
    good = hashed(files)
    for name in (
        "../evil", "../../etc/passwd", "/etc/passwd", "a/../../evil", "..\\evil", "C:\\evil", "C:evil",
        "\\\\host\\evil", "program.onnx/", "./program.onnx", "PROGRAM.ONNX", "Manifest.json", "program.onnx ",
        "program.onnx.", "evil", "__pycache__/evil.pyc", "con", "e" * 60_000, "program.onnx\u202e",
        "\uff50rogram.onnx", "weights.bin", "evil\n",
    ):  # fmt: skip
        yield f"{name[:30]!r}", zipped({**good, name: b"x"})
    for name in (*good,):
        yield f"{name} twice", zipped([*good.items(), (name, good[name])])
        yield (
            f"{name} lacks",
            zipped(
                {key: data for key, data in good.items() if key != name} if name != "intervals.json" else {}
            ),
        )
    yield (
        "a name cut by a zero",
        _patched(zipped({**good, "evidence.jsonX": b"x"}), b"evidence.jsonX", b"evidence.json\0"),
    )
    yield "a name that differs from its header", _patched(zipped(good), b"card.md", b"evil.md", count=1)
    yield "evil names inside headers", _patched(zipped(good), b"card.md", b"../a.md")


def _patched(data, old, new, count=-1):
    found = data.replace(old, new, count)
    assert found != data
    return found


def kinds(files):
    """Members that are no plain files."""
    good = hashed(files)

    def mode(value):
        return lambda info: setattr(info, "external_attr", value << 16)

    yield "symbolic links", zipped(good, mode(0o120777))
    yield "folders", zipped(good, mode(0o040755))
    yield "devices", zipped(good, mode(0o020666))
    yield "a link to the password file", zipped({**good, "card.md": b"/etc/passwd"}, mode(0o120777))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield (
            f"compression {method}",
            zipped(good, lambda info, method=method: setattr(info, "compress_type", method)),
        )
    data = bytearray(zipped(good))
    at = data.index(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    yield "encrypted", bytes(data)


def bombs(files):
    good = hashed(files)
    for name in DOCUMENTS:
        yield f"{name} of spaces", packed(files, name, b" " * 100 * 2**20)
    for what, cell in (("lists", b"[],"), ("objects", b"{},"), ("numbers", b"1.5,"), ("texts", b'"a",')):
        for name in ("evidence.json", "golden.json"):
            data = b'{"a": [' + cell * (50 * 2**20 // len(cell)) + b"0]}"
            yield f"{name} of {what}", packed(files, name, data)
    yield "a program of zeros", packed(files, PROGRAM, bytes(200 * 2**20))
    yield (
        "a program of empty nodes",
        packed(files, PROGRAM, b"\x08\x09\x3a" + varint(60 * 2**20) + b"\x0a\x00" * 30 * 2**20),
    )
    yield "a manifest of spaces", zipped({**good, MANIFEST: b" " * 50 * 2**20})
    many = {**good, **{f"evil{number}": b"" for number in range(70_000)}}
    yield "many members", zipped(many)


def _end(data):
    return data.rindex(b"PK\x05\x06")


def directory(files):
    """A directory that lies: sizes, offsets, counts, members over each other, 64 bits."""
    whole = zipped(hashed(files))
    end = _end(whole)
    first = whole.index(b"PK\x01\x02")

    def edited(at, layout, *values):
        new = struct.pack(layout, *values)
        return whole[:at] + new + whole[at + len(new) :]

    second = whole.index(b"PK\x01\x02", first + 4)
    cases = {
        "no end": whole[:end],
        "an end alone": whole[end:],
        "an end twice": whole + whole[end:],
        "cut in half": whole[: len(whole) // 2],
        "no members": edited(end + 8, "<HH", 0, 0),
        "fewer members": edited(end + 8, "<HH", 3, 3),
        "more members": edited(end + 8, "<HH", 60_000, 60_000),
        "a longer directory": edited(end + 12, "<I", 2**31),
        "an offset beyond the file": edited(end + 16, "<I", 2**31),
        "an offset before the file": edited(end + 16, "<I", first + 100),
        "a member at another's place": edited(second + 42, "<I", 0),
        "a member beyond the file": edited(second + 42, "<I", 2**31),
        "a size beyond the file": edited(second + 20, "<I", 2**31),
        "a size of 4 GiB": edited(second + 24, "<I", 2**32 - 2),
        "a size less": edited(second + 24, "<I", 1),
        "a size in 64 bits that lacks": edited(second + 20, "<II", 2**32 - 1, 2**32 - 1),
        "another checksum": edited(second + 16, "<I", 7),
        "another disk": edited(end + 4, "<HH", 7, 7),
        "a comment that lacks": edited(end + 20, "<H", 60_000),
        "a name longer than the file": edited(second + 28, "<H", 65_535),
        "extra fields longer than the file": edited(second + 30, "<H", 65_535),
        "a comment longer than the file": edited(second + 32, "<H", 65_535),
        "something before": b"#!/bin/sh\nrm -rf /\n" + whole,
        "something behind": whole + b"evil" * 100,
        "a comment": whole[:-2] + struct.pack("<H", 4) + b"evil",
    }  # fmt: skip
    yield from cases.items()
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    for what, size, offset, count in (
        ("64 bits with a huge directory", HUGE, first, 8),
        ("64 bits with a huge offset", end - first, HUGE, 8),
        ("64 bits with many members", end - first, first, HUGE),
    ):
        record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
        yield what, whole[:end] + record + locator + whole[end:]
    yield "no zip", b"hello"
    yield "nothing", b""
    yield "a tar", b"evil".ljust(257, b"\0") + b"ustar" + bytes(2_000)
    yield "a pickle", b"\x80\x04cposix\nsystem\nq\0X\x04\0\0\0trueq\x01\x85q\x02Rq\x03."
