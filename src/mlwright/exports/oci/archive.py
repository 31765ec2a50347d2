"""Archives of images: read as `docker save`, podman and skopeo write them, and written for all of them."""

from __future__ import annotations

import gzip
import json
import platform
import tarfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import UsageError
from mlwright.exports.oci.layer import GZIPPED, Layer, digest, pressed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""What images call processors, by what machines call them."""
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_INDICES = (_INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
_GZIP_MAGIC = b"\x1f\x8b"
EPOCH = "1970-01-01T00:00:00Z"
"""When images say that they were made: the same one whenever they are made."""


@final
@dataclass(frozen=True, slots=True)
class Image:
    """Layers from below, and what the configuration says of running them (`User`, `Env`, ...)."""

    layers: Sequence[Layer]
    settings: Mapping[str, Any] = field(default_factory=dict)


def architecture() -> str:
    """Return what images call the processor of this machine."""
    return ARCHITECTURES.get(platform.machine().lower(), platform.machine().lower())


def write_archive(image: Image, name: str, tag: str) -> bytes:
    """Return the archive of an image that is called `name:tag` where it is loaded.

    It is an OCI layout, and says what is in it also in the way of `docker save`, for Docker before 25.
    """
    blobs = {layer.digest: layer.data for layer in image.layers}
    config = _document(
        {
            "architecture": architecture(),
            "config": image.settings,
            "created": EPOCH,
            "history": [{"created": EPOCH, "created_by": layer.note} for layer in image.layers],
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in image.layers]},
        }
    )
    manifest = _document(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _pointer(config, _CONFIG),
            "layers": [_pointer(layer.data, layer.media_type) for layer in image.layers],
            "annotations": image.settings.get("Labels", {}),
        }
    )
    blobs |= {digest(config): config, digest(manifest): manifest}
    names = {
        "io.containerd.image.name": f"docker.io/library/{name}:{tag}",
        "org.opencontainers.image.ref.name": tag,
    }
    pointer = {
        **_pointer(manifest, _MANIFEST),
        "annotations": names,
        "platform": {"architecture": architecture(), "os": "linux"},
    }
    docker = {
        "Config": _path(digest(config)),
        "RepoTags": [f"{name}:{tag}"],
        "Layers": [_path(layer.digest) for layer in image.layers],
    }
    files = {
        **{_path(name): data for name, data in blobs.items()},
        "index.json": _document({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [pointer]}),
        "manifest.json": _document([docker]),
        "oci-layout": _document({"imageLayoutVersion": "1.0.0"}),
    }
    return _tar(files)


def manifest_digest(archive: bytes) -> str:
    """Return the digest by which a registry would name the image of an archive."""
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        found: str = json.load(_member(tar, "index.json"))["manifests"][0]["digest"]
    return found


def read_archive(path: Path) -> Image:
    """Read an image.

    Raises
    ------
    UsageError
        The file cannot be read, is not an archive of an image, or is damaged.
    """
    try:
        with tarfile.open(path) as tar:
            names = set(tar.getnames())
            if "index.json" in names:
                return _read_oci(tar)
            if "manifest.json" in names:
                return _read_docker(tar)
    except OSError as error:
        message = f"The base {str(path)!r} cannot be read: {error.strerror or error}."
        raise UsageError(message) from error
    except tarfile.ReadError as error:  # which tells, line by line, how each compression fails
        message = f"The base {str(path)!r} is not an archive of an image, or it is cut off. {_HOW}"
        raise UsageError(message) from error
    except (tarfile.TarError, zlib.error, EOFError, KeyError, IndexError, TypeError, ValueError) as error:
        message = f"The base {str(path)!r} is not a whole archive of an image: {error}. {_HOW}"
        raise UsageError(message) from error
    message = (
        f"The base {str(path)!r} is not an archive of an image: it has no index.json or manifest.json. {_HOW}"
    )
    raise UsageError(message)


_HOW = "Write one with: podman save --format oci-archive -o base.tar IMAGE (or docker save)."


def _read_oci(tar: tarfile.TarFile) -> Image:
    def blob(pointer: Mapping[str, Any]) -> bytes:
        data: bytes = _member(tar, _path(pointer["digest"])).read()
        if digest(data) != pointer["digest"]:
            raise ValueError(f"{pointer['digest']} has other bytes")
        return data

    pointer = _chosen(json.load(_member(tar, "index.json"))["manifests"])
    while pointer.get("mediaType") in _INDICES:
        pointer = _chosen(json.loads(blob(pointer))["manifests"])
    manifest = json.loads(blob(pointer))
    config = json.loads(blob(manifest["config"]))
    layers = []
    for one, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        data = blob(one)
        layer = (
            Layer(data, GZIPPED, diff_id, "base") if data.startswith(_GZIP_MAGIC) else pressed(data, "base")
        )
        if digest(plain(layer)) != diff_id:
            raise ValueError(f"layer {one['digest']} is neither gzip nor tar")
        layers.append(layer)
    return _image(layers, config)


def _read_docker(tar: tarfile.TarFile) -> Image:
    listed = json.load(_member(tar, "manifest.json"))[0]
    config = json.load(_member(tar, listed["Config"]))
    layers = []
    for path in listed["Layers"]:
        data = _member(tar, path).read()
        layers.append(pressed(gzip.decompress(data) if data.startswith(_GZIP_MAGIC) else data, "base"))
    if [layer.diff_id for layer in layers] != config["rootfs"]["diff_ids"]:
        raise ValueError("its layers have other bytes than it says")
    return _image(layers, config)


def _image(layers: Sequence[Layer], config: Mapping[str, Any]) -> Image:
    if (config["os"], config["architecture"]) != ("linux", architecture()):
        raise ValueError(
            f"it is for {config['os']} on {config['architecture']}, and this machine, which has to try it, "
            f"runs on {architecture()}"
        )
    return Image(layers, config.get("config") or {})


def _chosen(pointers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the image for this processor, else the first."""
    fitting = (one for one in pointers if one.get("platform", {}).get("architecture") == architecture())
    return next(fitting, pointers[0])


def plain(layer: Layer) -> bytes:
    """Return the tar of a layer."""
    return gzip.decompress(layer.data)


def _member(tar: tarfile.TarFile, path: str) -> Any:
    content = tar.extractfile(path)
    if content is None:
        raise ValueError(f"{path} is not a file")
    return content


def _path(name: str) -> str:
    return "blobs/" + name.replace(":", "/")


def _pointer(data: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


def _document(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _tar(files: Mapping[str, bytes]) -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(files):
            info = tarfile.TarInfo(path)
            info.size = len(files[path])
            archive.addfile(info, BytesIO(files[path]))
    return packed.getvalue()
