"""A model -> a service for other programs over HTTP: the command `serve`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import tyro

from layerpose.cli.console import busy, check_numbers, say
from layerpose.cli.listening import address_of, check_serving, listen
from layerpose.cli.options import NetworksAndEngine

FOLDER = "service"
TOKEN = "LAYERPOSE_TOKEN"


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8018,
    workers: int = 2,
    token: Annotated[str | None, tyro.conf.arg(metavar="TOKEN")] = None,
    queue: int = 32,
    patience: int = 60,
    limit: int = 300,
    folder: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
    networks: NetworksAndEngine,
) -> None:
    """Answer other programs: POST /v1/transfer, /v1/fit, /v1/maps, /v1/animate (docs/serve.md). Ctrl-C stops.

    Args:
        host: Where to listen; 0.0.0.0 lets others in the network in, and then wants a token.
        port: Port to listen on.
        workers: Processes that draw, each with a model of its own (about 1.5 GB); an animation keeps one busy.
        token: What clients have to know (Authorization: Bearer TOKEN); also $LAYERPOSE_TOKEN.
        queue: So many requests may wait; the next is answered with 429.
        patience: Seconds after which one that still waits is answered with 503.
        limit: Seconds that one picture may take.
        folder: Where results are kept for an hour, and animations; without it in the cache.
        networks: Which networks draw, where, and what runs them.
    """
    from layerpose.runtime.cache import cache_dir

    check_serving("serve", "studio", port)
    check_numbers(
        {"--workers": (workers, 1), "--queue": (queue, 1), "--patience": (patience, 1), "--limit": (limit, 1)}
    )
    token = token or os.environ.get(TOKEN) or None
    if token is None and host not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError(f"--host {host} lets the network in; give a --token, or set {TOKEN}")
    with listen(host, port) as listener:
        with busy("Starting"):
            from layerpose.runtime.workers import count_cores
            from layerpose.service.app import make_app, open_service
            from layerpose.service.crew import Crew
            from layerpose.service.labour import Labourer
            from layerpose.stages.model_folder import read_fingerprint
            from layerpose.studio.serving import serve as answer
            from layerpose.transfer import model_folder

            with model_folder(networks.weights) as model:
                fingerprint = read_fingerprint(model)
            labour = Labourer(
                weights=networks.weights, device=networks.device, engine=networks.engine,
                threads=max(count_cores() // workers, 1),
            )  # fmt: skip
            crew = Crew(labour, workers=workers, most_waiting=queue, patience_s=patience, limit_s=limit)
        try:
            service = open_service(folder or cache_dir() / FOLDER, crew, fingerprint)
            say(f"Serving at {address_of(host, port)} with {workers} processes (Ctrl-C stops)")
            answer(make_app(service, host=host, port=port, token=token), listener)
        finally:
            crew.close()
