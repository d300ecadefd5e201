"""--host and --port -> a socket on which a page is served; what serves it need not be installed."""

from __future__ import annotations

import socket
from importlib.util import find_spec


def check_serving(command: str, extra: str, port: int) -> None:
    """ValueError if the port is none, or if what serves a page is not installed."""
    if not 1 <= port <= 65535:
        raise ValueError(f"--port is {port}; expected 1 to 65535")
    if not find_spec("fastapi") or not find_spec("uvicorn"):
        raise ValueError(
            f"{command} serves its page with FastAPI and uvicorn; install: pip install 'layerpose[{extra}]'"
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket on which the page is served. ValueError if the address is taken or not this machine's."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ValueError(
            f"cannot listen on {host}, port {port} ({error.strerror}); choose another --port or --host"
        ) from error


def address_of(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}/"
