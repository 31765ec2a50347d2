"""The bill of materials: which packages an image is made of, as SPDX 2.3 says it in JSON."""

from __future__ import annotations

import json
import re
from email.parser import HeaderParser
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlwright.exports.oci.archive import EPOCH
from mlwright.exports.oci.service import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message
    from pathlib import Path

    from mlwright.exports.oci.root import Root

_UNKNOWN = "NOASSERTION"
_LICENSES = {"Apache 2.0": "Apache-2.0", "MIT License": "MIT"}
_LICENSE = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")


def bill(root: Root, packages: str) -> bytes:
    """Return the document: what dpkg says is in the image, and the Python packages in one of its folders."""
    found = [*_debian(root), *_python(root.find(packages))]
    found.sort(key=lambda one: one["SPDXID"])
    content = json.dumps(found, sort_keys=True).encode()
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "mlwright-image",
        "documentNamespace": f"https://spdx.org/spdxdocs/mlwright-image-{sha256(content).hexdigest()}",
        "creationInfo": {"created": EPOCH, "creators": [f"Tool: mlwright-{VERSION}"]},
        "packages": found,
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": one["SPDXID"],
            }
            for one in found
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _debian(root: Root) -> Iterable[dict[str, Any]]:
    places = [root.find("var/lib/dpkg/status")]
    folder = root.find("var/lib/dpkg/status.d")
    places += sorted(folder.iterdir()) if folder.is_dir() else []
    texts = [place.read_text(encoding="utf-8", errors="replace") for place in places if place.is_file()]
    distribution = _distribution(root)
    for stanza in "\n\n".join(texts).split("\n\n"):
        fields = HeaderParser().parsestr(stanza.strip())
        if "Package" not in fields or "deinstall" in fields.get("Status", ""):
            continue
        name, version, machine = fields["Package"], fields["Version"], fields.get("Architecture", "all")
        url = f"pkg:deb/{distribution}/{name}@{quote(version, safe='')}?arch={machine}"
        yield _package("deb", name, version, url, _UNKNOWN, fields.get("Homepage", ""))


def _distribution(root: Root) -> str:
    place = root.find("etc/os-release")
    text = place.read_text(encoding="utf-8") if place.is_file() else ""
    match = re.search(r'^ID="?([\w.-]+)', text, re.MULTILINE)
    return match[1] if match else "debian"


def _python(folder: Path) -> Iterable[dict[str, Any]]:
    for place in sorted(folder.glob("*.dist-info/METADATA")):
        fields = HeaderParser().parsestr(place.read_text(encoding="utf-8"))
        name = re.sub(r"[-_.]+", "-", fields["Name"]).lower()
        version = fields["Version"]
        url = f"pkg:pypi/{name}@{quote(version, safe='')}"
        yield _package("pypi", name, version, url, _license(fields), fields.get("Home-page", ""))


def _license(fields: Message) -> str:
    told = fields.get("License-Expression") or fields.get("License") or ""
    told = _LICENSES.get(told.strip(), told.strip())
    return told if _LICENSE.fullmatch(told) else _UNKNOWN


def _package(kind: str, name: str, version: str, url: str, license_: str, page: str) -> dict[str, Any]:
    pages = {"homepage": page} if page.startswith("http") else {}
    return {
        "SPDXID": f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        **pages,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": license_,
        "copyrightText": _UNKNOWN,
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": url}
        ],
    }
