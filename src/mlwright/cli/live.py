"""A model that a person can play with: the service on this machine, and a browser at its page."""

import socket
import threading
import time
import webbrowser
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_HOST = "127.0.0.1"
_LONGEST_S = 30.0
_LOOK_S = 0.05


def show_live(model: Path, require_signed: Path | None) -> None:
    """Serve the model on a free port, for this machine alone, and open its page; end with Ctrl-C.

    Raises
    ------
    ArtifactError
        The owner of the public key `require_signed` has not signed the model.
    """
    from mlwright.serving.options import check_installed

    check_installed()
    from mlwright.serving.run import serve
    from mlwright.serving.settings import Settings

    port = _free_port()
    address = f"http://{_HOST}:{port}/"
    threading.Thread(target=_open_when_ready, args=(address,), daemon=True).start()
    try:
        serve(model, Settings(host=_HOST, port=port, require_signed=require_signed))
    except KeyboardInterrupt:
        return


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((_HOST, 0))
        return int(one.getsockname()[1])


def _open_when_ready(address: str) -> None:
    ends = time.monotonic() + _LONGEST_S
    while time.monotonic() < ends:
        try:
            with urlopen(f"{address}readyz", timeout=1):  # noqa: S310 - our own service on this machine
                webbrowser.open(address)
                return
        except (URLError, OSError):
            time.sleep(_LOOK_S)
