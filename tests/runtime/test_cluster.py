"""A Ray cluster of two processors: whoever dies in the middle, the result is the same."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import layerpose
from layerpose.cli import main
from layerpose.data.footage.candidates import find_candidates
from layerpose.media.pictures import read_photo
from layerpose.presets import debug
from layerpose.runtime.cluster import Cluster, _check_machine, connected
from layerpose.stages.model import Model
from layerpose.stages.model_folder import save_model
from layerpose.transfer import PoseTransfer

SIDE = 384
PHOTO = Path(str(files("layerpose") / "examples" / "person.png"))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a cluster of two processors. One connection for all tests: the workers stay warm."""
    pytest.importorskip("ray", reason="Ray is not installed")
    from ray import cluster_utils

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(Path(layerpose.__file__).parents[1]))
        told = {"num_cpus": 2, "include_dashboard": False}
        cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=told)
        try:
            with connected(str(cluster.address)):
                yield str(cluster.address)
        finally:
            cluster.shutdown()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders with two photos of somebody who leans."""
    photo = read_photo(PHOTO).resize((SIDE, SIDE))
    folders = [tmp_path_factory.mktemp(name) for name in ("anna", "ben")]
    for number, folder in enumerate(folders):
        for degrees in (-8, 6 + 2 * number):
            photo.rotate(degrees, Image.Resampling.BILINEAR, fillcolor="white").save(folder / f"{degrees}.png")
    return folders


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
def test_people_are_prepared_the_same_though_a_worker_is_killed_while_it_writes(
    address: str, people: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["prepare", *map(str, people), "--size", "64"]
    assert main([*words, "-o", str(tmp_path / "alone"), "--workers", "1"]) == 0
    begun = tmp_path / "begun"
    begun.mkdir()

    def find_or_die(out: Path, source: Any, order: Any) -> str:
        if source.number == 0 and not list(begun.glob("00000-*")):
            import layerpose.data.records as records

            records.np.savez = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
        (begun / f"{source.person}-{os.getpid()}").touch()
        return find_candidates(out, source, order)

    monkeypatch.setattr("layerpose.data.footage.prepare.find_candidates", find_or_die)
    assert main([*words, "-o", str(tmp_path / "cluster"), "--ray", address]) == 0
    assert sorted(path.name[:5] for path in begun.iterdir()) == ["00000", "00000", "00001"]
    assert bytes_in(tmp_path / "cluster") == bytes_in(tmp_path / "alone")


@pytest.fixture
def animate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A film of six frames in the folder of the test."""
    torch.manual_seed(0)
    save_model(Model(debug()), tmp_path / "model")
    seen = PoseTransfer.load(tmp_path / "model", device="cpu").look(PHOTO)
    monkeypatch.setattr("layerpose.transfer.estimate", lambda photo, size, **_: seen)
    monkeypatch.chdir(tmp_path)
    words = ["animate", str(PHOTO), "--weights", "model", "-m", "wave", "--range", ":6"]
    return lambda *more: main([*words, *more])


def test_a_film_has_the_same_bytes_whoever_draws_its_frames_and_none_is_drawn_twice(
    animate: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster's part is played by a function, whose first attempt at each stretch ends after a frame."""
    kept: dict[str, int] = {}

    def spread(_: Cluster, draw: Callable[[list[int]], Any], stretches: list[list[int]], **__: Any) -> Iterator[Any]:
        for stretch in stretches:
            draw(stretch[:1])
            kept.update({file.name: file.stat().st_mtime_ns for file in tmp_path.glob("cluster*/[0-9]*.png")})
            yield draw(stretch)

    monkeypatch.setattr("layerpose.runtime.cluster.connected", nullcontext)
    monkeypatch.setattr(Cluster, "num_workers", 2)
    monkeypatch.setattr(Cluster, "spread", spread)
    assert animate("-o", "alone") == animate("-o", "cluster", "--ray", "anywhere") == 0
    assert bytes_in(tmp_path / "cluster") == bytes_in(tmp_path / "alone")
    assert len(bytes_in(tmp_path / "cluster")) == 6
    assert len(kept) >= 4
    assert {name: (tmp_path / "cluster" / name).stat().st_mtime_ns for name in kept} == kept


@pytest.mark.long
def test_a_film_has_the_same_bytes_though_a_worker_is_killed_and_no_frame_is_drawn_twice(
    address: str, animate: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert animate("-o", "alone") == 0
    kept = tmp_path / "kept.json"

    def draw_or_die(shooting: Any, store: Any, frames: list[int]) -> Any:
        from layerpose.video.shooting import draw_stretch

        if frames[0] == 0 and not kept.exists():
            draw_stretch(shooting, store, frames[:2])
            there = store.folder.glob("00000*.png")
            kept.write_text(json.dumps({file.name: file.stat().st_mtime_ns for file in there}))
            os.kill(os.getpid(), signal.SIGKILL)
        return draw_stretch(shooting, store, frames)

    monkeypatch.setattr("layerpose.video.shooting.draw_stretch", draw_or_die)
    assert animate("-o", "cluster", "--ray", address) == 0
    assert bytes_in(tmp_path / "cluster") == bytes_in(tmp_path / "alone")
    before = json.loads(kept.read_text())
    assert len(before) >= 2
    assert {name: (tmp_path / "cluster" / name).stat().st_mtime_ns for name in before} == before
    assert not list(tmp_path.glob("*.frames"))


def test_results_are_in_order_with_their_warnings_and_what_nobody_survives_is_given_up(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerpose.runtime.cluster.ATTEMPTS", 2)

    def work(number: int) -> int:
        if number == 2:
            (tmp_path / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 3:
            warnings.warn("three is odd", stacklevel=1)
        return 10 * number

    with pytest.warns(UserWarning, match="three is odd"):
        found = list(Cluster(shared=tmp_path).spread(work, range(6), lost=lambda number: -number))
    assert found == [0, 10, -2, 30, 40, 50]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_machine_that_sees_another_disk_or_has_another_layerpose_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"does not see {tmp_path}; .* disk that all machines see"):
        _check_machine(tmp_path / "elsewhere", layerpose.__version__)
    with pytest.raises(ValueError, match=r"expected 0\.0\.1, as here; install the same"):
        _check_machine(tmp_path, "0.0.1")


@pytest.fixture
def refused(people: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Both commands say the same one line and leave nothing."""

    def run(address: str) -> str:
        said = set()
        for words in (["prepare", str(people[0])], ["animate", str(PHOTO), "-m", "walk"]):
            assert main([*words, "-o", str(tmp_path / "out"), "--ray", address]) == 2
            said.add(capsys.readouterr().err)
            assert not list(tmp_path.iterdir())
        (line,) = said
        assert len(line.splitlines()) == 1
        return line

    return run


def test_without_ray_the_way_to_install_it_is_told(refused: Callable[..., str], monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "pip install 'layerpose[ray]'" in refused("local")


def test_an_address_where_nobody_answers_is_refused(refused: Callable[..., str]) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "nobody answers there" in refused(f"127.0.0.1:{port}")
    assert "expected local, auto, or HOST:PORT" in refused("gpu-box")


def test_the_number_of_workers_is_the_clusters_own(people: list[Path], tmp_path: Path, capsys) -> None:
    assert main(["prepare", str(people[0]), "-o", str(tmp_path / "out"), "--ray", "local", "--workers", "3"]) == 2
    assert "the cluster says how many" in capsys.readouterr().err
