"""A photo -> the studio, a page on which its person is posed by hand: the command `studio`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from layerpose.cli.console import busy, say
from layerpose.cli.listening import address_of, check_serving, listen
from layerpose.cli.options import NetworksAndEngine

FOLDER = "studio"


def studio(
    photo: tyro.conf.Positional[Path | None] = None,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8017,
    open: bool = True,
    folder: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
    networks: NetworksAndEngine,
) -> None:
    """Pose the person of a photo by hand, in the browser; nothing leaves this computer. Ctrl-C stops.

    Args:
        photo: A photo of one whole person; without it the page begins with the bundled one.
        host: Where to listen; 0.0.0.0 lets others in the same network in, who may then use everything on the page.
        port: Port to listen on.
        open: Open the page in the browser.
        folder: Where photos and animations are kept; without it in the cache.
        networks: Which networks draw, where, and what runs them.
    """
    from layerpose.runtime.cache import cache_dir

    check_serving("studio", "studio", port)
    with listen(host, port) as listener:
        with busy("Starting"):
            from layerpose.studio.app import make_app
            from layerpose.studio.rooms import open_studio, warm_up
            from layerpose.studio.serving import serve
            from layerpose.transfer import PoseTransfer

            model = PoseTransfer.load(networks.weights, device=networks.device, engine=networks.engine)
            rooms = open_studio(folder or cache_dir() / FOLDER, model, photo)
        address = address_of(host, port)
        say(f"The studio is open at {address} (Ctrl-C closes it); photos are kept in {rooms.folder}")
        warm_up(rooms)
        if open:
            _show(address)
        try:
            serve(make_app(rooms, host=host, port=port), listener)
        finally:
            rooms.jobs.close()


def _show(address: str) -> None:
    import webbrowser
    from threading import Timer

    Timer(0.5, webbrowser.open, [address]).start()
