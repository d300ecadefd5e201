"""Every command that takes long, at its smallest: words, what it reads, and which of its files hold a time."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image, ImageOps
from visitors import Visitor, ask_service, vote

from layerpose.cli import main
from layerpose.config import GeneratorConfig, Guides, ModelConfig
from layerpose.motion.motion_file import write_motion
from layerpose.motion.moves import library_motion
from layerpose.motion.timing import select
from layerpose.presets import GENERATORS, debug
from layerpose.stages.model import Model
from layerpose.stages.model_folder import save_model
from layerpose.training import personal
from made import write_metric

PORT = 8391
SIZE, FRAMES = 384, 4
STOPPED = 130
"""Exit code after Ctrl-C."""
TIMED, TIMES = ("*/tensorboard/*",), "(?<=tensorboard/events).*"
"""TensorBoard's files say when a step was, and are named by when they were begun."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One command."""

    name: str
    line: str
    """What follows the command's name."""
    timeless: tuple[str, ...] = ()
    """Files whose bytes hold a time or a random name."""
    random_names: str = ""
    """Names that are drawn by lot, as a regular expression."""
    visit: Visitor | None = None
    """Of a server: who asks it; what is answered has to be the same."""
    begin: Callable[[], None] | None = None
    """What a fork does before it."""

    @property
    def good(self) -> tuple[int, ...]:
        """Exit codes of one that is done; a server is stopped."""
        return (0, STOPPED) if self.visit else (0,)

    @property
    def words(self) -> list[str]:
        """As the command line is given them."""
        return [self.name, *self.line.split()]


def _save_often() -> None:
    personal.SAVE_SECONDS = 0.0


MODEL = "--weights in/model --engine torch --device cpu"
MEASURED = "--pairs 2 --protocol wang --bodies none --workers 1 --device cpu --lpips in/lpips.pt"
LEARNING = "--size 128 --width 0.0625 --precision fp32 --save-minutes 0"
JOBS = (
    Job(name="synth", line="-o out/data --people 3 --frames 2 --size 64 --workers 1"),
    Job(name="prepare", line="in/lean.mp4 in/lean-2.mp4 -o out/data --size 128 --frames 2 --workers 1"),
    Job(
        name="train", timeless=TIMED, random_names=TIMES,
        line="in/data -o out/run --preset ablation-h --recipe debug --steps-scale 0.75 --validate-every 2 --workers 0 "
        f"--device cpu {LEARNING}",
    ),
    Job(
        name="personalize", begin=_save_often,
        line="in/one -o out/me --base in/model --steps 4 --size 128 --workers 0 --device cpu",
    ),
    Job(name="animate", line=f"in/photos/a.png -m in/turn.json -o out/turn.mp4 -s out/sheet.png {MODEL}"),
    Job(name="transfer", line=f"in/photos -p walk -o out/pictures {MODEL}"),
    Job(name="evaluate", line=f"in/data -o out/report --model in/model --split train {MEASURED}"),
    Job(
        name="compare", timeless=TIMED, random_names=TIMES,
        line=f"in/data -o out/contest --rows pix2pixhd ablation-h --steps 2 {LEARNING} {MEASURED}",
    ),
    Job(
        name="study", timeless=("study/study.json", "study/votes.sqlite*"), visit=vote,
        line=f"in/reports/one in/reports/two -o out/study --data in/data --pairs 2 --port {PORT}",
    ),
    Job(
        name="serve", timeless=("service/jobs/*.json",), random_names="(?<=jobs/)[0-9a-f]{24}", visit=ask_service,
        line=f"--port {PORT} --workers 1 --folder out/service {MODEL}",
    ),
)  # fmt: skip
NAMES = tuple(job.name for job in JOBS)


def plain() -> ModelConfig:
    """The draft by heatmaps alone: what is drawn matters here less than that it is drawn soon."""
    tiny = GeneratorConfig(width=4, num_downs=1, num_blocks=1)
    return replace(
        debug(), guides=Guides(parsing=False, depth=False), layers="none", fuse=False, around_body=False, carry=False,
        tones=False, **dict.fromkeys(GENERATORS, tiny),
    )  # fmt: skip


def write_inputs(folder: Path) -> Path:
    """All that the jobs read, written by our own code."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    save_model(Model(plain()), folder / "model")
    write_motion(select(library_motion("turn"), 0, FRAMES), folder / "turn.json")
    _write_photos(folder / "photos")
    for name, turns in {"lean": (-12, 0, 12), "lean-2": (10, -2, -14)}.items():
        _write_clip(folder / f"{name}.mp4", turns)
    _run("synth", "-o", folder / "data", "--people", 20, "--frames", 2, "--size", 128, "--workers", 1)
    _run("synth", "-o", folder / "one", "--people", 1, "--frames", 11, "--size", 128, "--workers", 1)
    write_metric(folder / "lpips.pt")
    report = folder / "reports" / "one"
    report.parent.mkdir()
    measured = MEASURED.replace("in/", f"{folder}/").split()
    _run("evaluate", folder / "data", "-o", report, "--model", folder / "model", "--split", "train", *measured)
    shutil.copytree(report, report.with_name("two"))
    return folder


def _run(*words: object) -> None:
    with redirect_stdout(io.StringIO()):
        code = main([str(word) for word in words])
    if code:
        raise RuntimeError(f"layerpose {words[0]} failed")


def _person() -> Image.Image:
    with as_file(files("layerpose") / "examples" / "person.png") as path, Image.open(path) as picture:
        return picture.convert("RGB").resize((SIZE, SIZE))


def _write_photos(folder: Path) -> None:
    folder.mkdir()
    for name, picture in {"a": _person(), "b": ImageOps.mirror(_person()), "c": _person().rotate(4)}.items():
        picture.save(folder / f"{name}.png")


def _write_clip(path: Path, turns: tuple[float, ...]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        for turn in turns:
            picture = _person().rotate(turn, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        container.mux(stream.encode(None))
