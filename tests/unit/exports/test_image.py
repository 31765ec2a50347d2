"""An image is built without a daemon, always the same, and answers in a container as the model does."""

from __future__ import annotations

import base64
import csv
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import zipfile
from hashlib import sha256
from importlib.metadata import distribution, version
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

import mlwright as mw
from mlwright.cli.app import app
from mlwright.core.errors import UsageError
from mlwright.exports.export import export, next_steps
from mlwright.exports.model_file import model_bytes
from mlwright.exports.oci import distributions
from mlwright.exports.oci.archive import Image, architecture, plain, read_archive, write_archive
from mlwright.exports.oci.build import _laid_given
from mlwright.exports.oci.distributions import NEEDED
from mlwright.exports.oci.layer import Entry, digest, folder, pack, pressed
from mlwright.exports.oci.own import WHEEL_NAME, own_wheel
from mlwright.exports.oci.root import Root
from mlwright.exports.oci.service import image_name, image_tag
from mlwright.exports.target import Wishes

HERE = Path(__file__).parents[2]
MODEL = HERE / "fixtures" / "models" / "format_1.mlw"
GOLDEN = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))
OPEN = {"MLWRIGHT_INSECURE": "1"}
NOT_HERE = shutil.which("apt-get") is None or os.geteuid() != 0
needs_apt = pytest.mark.skipif(
    NOT_HERE, reason="containers are started as root, with runc of Debian or Ubuntu"
)


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """An image of the model: made once, also if several processes share the tests."""
    shared = tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else None
    place = (shared or tmp_path_factory.mktemp("image")) / "homes.tar"
    with (place.parent / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            mw.export(mw.load(MODEL), "image", place)
    return place


@pytest.fixture(scope="session")
def unpacked(archive, tmp_path_factory):
    from containers import unpack

    return unpack(archive, tmp_path_factory.mktemp("bundle"))


def ask(container, path, body=None):
    request = urllib.request.Request(container.address + path, body and json.dumps(body).encode())  # noqa: S310 - ours
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        return json.load(answer)


@needs_apt
@pytest.mark.slow
def test_equal_inputs_give_equal_bytes_which_are_few(archive, tmp_path):
    said = []
    export(mw.load(MODEL), "image", tmp_path / "homes.tar", Wishes(listen=said.append))
    assert [event.phase for event in said] == ["base", "packages", "checking", "packing"]
    for name in ("homes.tar", "homes.spdx.json"):
        assert (tmp_path / name).read_bytes() == (archive.parent / name).read_bytes(), name
    assert archive.stat().st_size <= 60e6


@needs_apt
def test_of_an_image_of_ours_the_base_is_taken_and_no_more(archive, tmp_path):
    taken, whole = _laid_given(archive, Root(tmp_path)), read_archive(archive)
    assert [layer.diff_id for layer in taken.layers] == [whole.layers[0].diff_id]
    assert not (tmp_path / "opt").exists()


@needs_apt
@pytest.mark.slow
def test_a_container_without_rights_answers_as_the_model_and_ends_well(unpacked):
    from containers import running

    model = mw.load(MODEL)
    with running(unpacked, OPEN, ["serve", "--drain", "0"]) as container:
        found = ask(container, "/predict", GOLDEN["rows"])
        status = Path(f"/proc/{container.pid}/status").read_text(encoding="utf-8")
        told = ask(container, "/model")
    assert [one["prediction"] for one in found] == model.predict(GOLDEN["rows"]).tolist()
    scores = [[one[f"probability_{name}"] for name in model.classes_] for one in found]
    assert np.array_equal(
        np.array(scores, dtype=np.float32), model.predict_proba(GOLDEN["rows"]).astype(np.float32)
    )
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert set(facts["Uid"].split() + facts["Gid"].split()) == {"65532"}
    assert {facts[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert told["sha256"] == unpacked.settings["Labels"]["io.mlwright.model.sha256"]
    assert container.status == 0


@needs_apt
@pytest.mark.slow
def test_a_container_opens_to_others_with_keys_or_on_purpose(unpacked):
    from containers import refused

    status, said = refused(unpacked, {})
    assert status == 2
    assert "MLWRIGHT_KEYS" in said
    assert "MLWRIGHT_INSECURE=1" in said


@needs_apt
def test_the_bill_names_what_is_in_the_image(archive, unpacked):
    bill = json.loads((archive.parent / "homes.spdx.json").read_text(encoding="utf-8"))
    inside = unpacked.rootfs / unpacked.settings["Labels"]["io.mlwright.sbom"][1:]
    assert json.loads(inside.read_text(encoding="utf-8")) == bill
    named = {(one["name"], one["versionInfo"]) for one in bill["packages"]}
    versions = {
        path.name: distribution(path.name).version for path in map(Path, ("numpy", "onnxruntime", "fastapi"))
    }
    assert {*versions.items(), ("mlwright", mw.__version__)} <= named
    status = unpacked.rootfs / "var/lib/dpkg/status.d"
    debian = {
        one["name"] for one in bill["packages"] if "pkg:deb/" in one["externalRefs"][0]["referenceLocator"]
    }
    assert debian == {one.name for one in status.iterdir()} > {"libc6", "base-files"}
    assert len({one["SPDXID"] for one in bill["packages"]}) == len(bill["packages"])


@needs_apt
def test_no_shell_and_nothing_that_can_be_written_is_in_the_image(archive, unpacked):
    programs = [file.name for file in (unpacked.rootfs / "usr/bin").iterdir()]
    assert [name for name in programs if not name.startswith("python3.")] == []
    modes = {}
    for layer in read_archive(archive).layers:
        with tarfile.open(fileobj=BytesIO(plain(layer))) as tar:
            modes |= {one.name: one.mode for one in tar if not one.issym()}
    assert {name: mode for name, mode in modes.items() if mode & 0o7022} == {"tmp": 0o1777}


def test_packages_from_here_and_from_pip_are_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(distributions, "NEEDED", ("httptools", "uvicorn"))
    libc = tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split(".")))
    python = SimpleNamespace(
        version=(3, 11), tag=f"{os.sys.version_info[0]}.{os.sys.version_info[1]}", libc=libc
    )
    python.version = tuple(os.sys.version_info[:2])
    here = distributions.packages_tree(python, tmp_path)
    monkeypatch.setattr(distributions, "_fits", lambda python: False)
    assert distributions.packages_tree(python, tmp_path) == here
    assert "uvicorn/server.py" in here


def test_a_package_that_was_changed_does_not_go_into_an_image(tmp_path):
    package = tmp_path / "odd-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (package / "RECORD").write_text("odd.py,sha256=AAAA,3\nodd-1.dist-info/METADATA,,\n")
    (tmp_path / "odd.py").write_text("x=1")
    from importlib.metadata import Distribution

    with pytest.raises(UsageError, match=r"odd is not as it was installed: odd\.py"):
        list(distributions._installed(Distribution.at(package)))


def test_the_packages_of_a_service_are_those_of_the_extra():
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    extra = project["project"]["optional-dependencies"]["serve"]
    assert sorted(one.partition(">")[0] for one in extra) == sorted(distributions.SERVICE)


def test_a_layer_does_not_depend_on_order_and_has_all_folders():
    tree = {"a/b/c": Entry(b"1"), "a/link": Entry(link="b/c"), "tmp": folder(0o1777)}
    layer = pack(tree, "x")
    assert layer == pack(dict(reversed(tree.items())), "x")
    assert layer.diff_id == digest(plain(layer))
    with tarfile.open(fileobj=BytesIO(plain(layer))) as tar:
        assert tar.getnames() == ["a", "a/b", "a/b/c", "a/link", "tmp"]
        assert {(one.uid, one.gid, one.uname, one.mtime) for one in tar} == {(0, 0, "", 0)}


@pytest.mark.parametrize("way", ["oci", "docker"])
def test_what_was_written_is_read(tmp_path, way):
    image = Image([pack({"a": Entry(b"1")}, "base"), pack({"b": Entry(b"2")}, "base")], {"User": "7"})
    data = write_archive(image, "name", "tag")
    place = tmp_path / "image.tar"
    place.write_bytes(data)
    if way == "docker":
        with tarfile.open(place) as source, tarfile.open(tmp_path / "old.tar", "w") as target:
            for info in source:
                if info.name != "index.json":
                    target.addfile(info, source.extractfile(info))
        place = tmp_path / "old.tar"
    assert read_archive(place) == image


def damaged(path, data):
    path.write_bytes(data)
    return path


def test_a_base_that_is_no_image_or_for_others_is_refused_by_name(tmp_path, monkeypatch):
    model = mw.load(MODEL)

    def refuses(match, base):
        with pytest.raises(UsageError, match=match):
            mw.export(model, "image", tmp_path / "out.tar", base=str(base))
        assert not (tmp_path / "out.tar").exists()

    image = Image([pack({"a": Entry(b"1" * 1000)}, "base")], {})
    good = write_archive(image, "name", "tag")
    refuses("cannot be read: No such file", tmp_path / "none.tar")
    refuses("not an archive of an image, or it is cut off. Write", damaged(tmp_path / "text.tar", b"no tar"))
    refuses("not an archive of an image, or it is cut off. Write", MODEL)
    refuses("not an archive of an image", damaged(tmp_path / "tar.tar", plain(pack({"a": Entry()}, ""))))
    at = good.index(image.layers[0].data)
    refuses("or it is cut off", damaged(tmp_path / "half.tar", good[: at + 30]))
    refuses("has other bytes", damaged(tmp_path / "bit.tar", good[: at + 30] + b"\0\0" + good[at + 32 :]))
    refuses("has no Python in", damaged(tmp_path / "bare.tar", good))
    mark = f'"architecture":"{architecture()}"'
    monkeypatch.setattr("mlwright.exports.oci.archive.architecture", lambda: "riscv64")
    assert mark.encode() in good
    refuses("for linux on .*, and this machine", tmp_path / "bare.tar")


def test_layers_are_unpacked_one_over_the_other_and_never_outside(tmp_path):
    (tmp_path / "outside").mkdir()
    root = Root(tmp_path / "root")
    root.lay(
        {
            "etc/old": Entry(b"1"),
            "etc/gone": Entry(b"1"),
            "all/x": Entry(b"1"),
            "up": Entry(link="../outside"),
        }
    )
    root.lay({"abs": Entry(link="/etc")})
    upper = {
        "etc/.wh.gone": Entry(),
        "all/.wh..wh..opq": Entry(),
        "all/y": Entry(b"2"),
        "abs/new": Entry(b"3"),
    }
    root.unpack(plain(pack(upper | {"up/file": Entry(b"4"), "../../escape": Entry(b"5")}, "")))
    found = {str(path.relative_to(root.folder)) for path in root.folder.rglob("*") if path.is_file()}
    assert {"etc/old", "etc/new", "all/y", "escape", "outside/file"} <= found
    assert not {"etc/gone", "all/x"} & found
    assert list((tmp_path / "outside").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "root"]


def test_links_in_a_circle_are_refused(tmp_path):
    root = Root(tmp_path)
    root.lay({"a": Entry(link="b"), "b": Entry(link="a")})
    with pytest.raises(UsageError, match="circle"):
        root.find("a/x")


def test_a_layer_that_is_plain_is_pressed():
    layer = pack({"a": Entry(b"1")}, "base")
    assert pressed(plain(layer), "base") == layer


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("churn", "churn"),
        ("My Model_2.v3", "my-model-2-v3"),
        ("2024", "model-2024"),
        ("--", "model"),
        ("é" * 9, "model"),
    ],
)
def test_names_of_images_are_allowed_everywhere(name, becomes):
    assert image_name(name) == becomes


@pytest.fixture
def deployment(tmp_path):
    mw.export(mw.load(MODEL), "deployment", tmp_path / "homes")
    return tmp_path / "homes"


def test_the_manifest_describes_a_service_without_rights_that_is_probed(deployment):
    kinds = {one["kind"]: one for one in yaml.safe_load_all((deployment / "kubernetes.yaml").read_text())}
    assert list(kinds) == ["Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"]
    pod = kinds["Deployment"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert {"requests", "limits"} == set(container["resources"])
    assert kinds["Service"]["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert kinds["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "homes"
    tag = container["image"].rpartition(":")[2]
    assert digest((deployment / "homes.mlw").read_bytes()).startswith(f"sha256:{tag}")
    told = pod["metadata"]["annotations"]
    assert told["prometheus.io/port"] == str(container["ports"][0]["containerPort"])


def test_compose_starts_what_the_containerfile_builds_and_prometheus_reads_it(deployment):
    services = yaml.safe_load((deployment / "compose.yaml").read_text())["services"]
    assert set(services) == {"homes", "prometheus"}
    assert all(port.startswith("127.0.0.1:") for one in services.values() for port in one["ports"])
    scraped = yaml.safe_load((deployment / "prometheus.yml").read_text())["scrape_configs"][0]
    assert scraped["static_configs"] == [{"targets": ["homes:8080"]}]
    lines = (deployment / "Containerfile").read_text()
    assert "COPY homes.mlw /model/" in lines
    assert 'MLWRIGHT_MODEL="/model/homes.mlw"' in lines
    assert (deployment / "homes.mlw").is_file()
    kept = services["prometheus"]["volumes"][1].partition(":")[0]
    assert kept in yaml.safe_load((deployment / "compose.yaml").read_text())["volumes"]


def test_a_deployment_carries_mlwright_and_names_versions_of_the_rest(deployment, tmp_path):
    wheel = deployment / WHEEL_NAME
    lines = [line.split() for line in (deployment / "Containerfile").read_text().splitlines()]
    copied = [word for line in lines if line[0] == "COPY" for word in line[1:-1]]
    assert copied == ["requirements.txt", wheel.name, "homes.mlw"]
    assert all((deployment / name).is_file() for name in copied)
    pins = dict(line.split("==") for line in (deployment / "requirements.txt").read_text().split())
    assert {"mlwright", "lightgbm", "scikit-learn"}.isdisjoint(pins)
    assert all(pins[name] == version(name) for name in (*NEEDED, "polars"))
    installed = tmp_path / "installed"
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*words, "--target", installed, wheel], check=True)
    command = [sys.executable, "-P", installed / "bin" / "mlwright", "info", deployment / "homes.mlw"]
    own = {**os.environ, "PYTHONPATH": str(installed)}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=own)
    assert ran.stdout.startswith("Is grade a or b?")
    source = Path(mw.__file__).parent
    for file in source.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            assert (installed / "mlwright" / file.relative_to(source)).read_bytes() == file.read_bytes()


def test_the_wheel_keeps_its_own_books_and_is_always_the_same(deployment):
    data = (deployment / WHEEL_NAME).read_bytes()
    assert own_wheel() == data
    with zipfile.ZipFile(BytesIO(data)) as wheel:
        names = wheel.namelist()
        record = next(name for name in names if name.endswith("/RECORD"))
        told = {row[0]: row[1:] for row in csv.reader(wheel.read(record).decode().splitlines())}
        assert sorted(told) == sorted(names)
        for name in set(names) - {record}:
            digested = base64.urlsafe_b64encode(sha256(wheel.read(name)).digest()).rstrip(b"=").decode()
            assert told[name] == [f"sha256={digested}", str(wheel.getinfo(name).file_size)]


@pytest.mark.parametrize(
    ("model", "file", "host"),
    [("Homes_v2.mlw", "Homes_v2.mlw", "homes-v2"), ("my homes.mlw", "my-homes.mlw", "my-homes")],
)
def test_a_deployment_is_called_as_the_file_of_the_model(tmp_path, model, file, host):
    place = shutil.copy(MODEL, tmp_path / model)
    result = CliRunner().invoke(
        app, ["export", str(place), "--to", "deployment", "-o", str(tmp_path / "dep")]
    )
    assert result.exit_code == 0
    assert (tmp_path / "dep" / file).is_file()
    assert f'MLWRIGHT_MODEL="/model/{file}"' in (tmp_path / "dep" / "Containerfile").read_text()
    services = yaml.safe_load((tmp_path / "dep" / "compose.yaml").read_text())["services"]
    assert set(services) == {host, "prometheus"}
    assert "docker compose up" in result.stderr
    assert "kubectl apply -f kubernetes.yaml" in result.stderr
    assert services[host]["image"] in result.stderr
    assert set(result.stdout.splitlines()) == {
        str(path) for path in (tmp_path / "dep").rglob("*") if path.is_file()
    }


def test_what_to_do_with_an_image_is_told_with_its_name(tmp_path):
    told = next_steps(mw.load(MODEL), "image", tmp_path / "my homes.tar", Wishes(called="other"))
    assert f"docker load -i '{tmp_path / 'my homes.tar'}'" in told
    assert f"MLWRIGHT_KEYS=/keys.json my-homes:{image_tag(model_bytes(mw.load(MODEL)))}" in told
    assert next_steps(mw.load(MODEL), "onnx", tmp_path / "a.onnx", Wishes()) == ""
