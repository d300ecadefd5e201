"""Photo + pose -> Transfer: what users hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from copy import copy
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal

import torch
from PIL.Image import Image

from layerpose.body.camera import frame
from layerpose.body.model import Posed, body_model
from layerpose.config import ModelConfig, scaled
from layerpose.data.album.closest import Closest
from layerpose.data.album.opening import Album, find_album
from layerpose.engines.choose import Choice, use_engine
from layerpose.estimation.completing import complete
from layerpose.estimation.estimate import Estimate, estimate, read_source
from layerpose.inputs.bodies import Redraw
from layerpose.maps.clothing import draw_dressed
from layerpose.maps.painting import Change
from layerpose.maps.render import DrawnBody, draw_posed, pose_body
from layerpose.maps.source import SourceView, join_views, view_source
from layerpose.networks.generator import Generator
from layerpose.runtime.device import choose_device
from layerpose.runtime.memory import keep_freed_memory
from layerpose.runtime.precision import fast_autocast, fast_precision
from layerpose.runtime.workers import by_one_thread
from layerpose.scene.standing import stand
from layerpose.stages.conditions import Conditions, prepare
from layerpose.stages.model import Model
from layerpose.stages.model_folder import fingerprint, load_model
from layerpose.stages.retouch import retouch
from layerpose.types import Body, Pose, Transfer

Seeable = Image | Path | str | Estimate
"""A photo, its place, or what was found in it."""
BUNDLED = "base"
SIZE_STEPS = 8
"""Pictures may be as large as the model's canvas or so many times smaller steps of it."""


class PoseTransfer:
    """A model ready to run: ``PoseTransfer.load()(photo, pose)``."""

    def __init__(
        self, model: Model, device: torch.device, *, redraw: Redraw | None = None, album: Album | None = None,
        keep_fits: bool = False,
    ) -> None:  # fmt: skip
        self.redraw, self.album, self.keep_fits = redraw, album, keep_fits
        self._closest = None if album is None else Closest(album, model.config, device)
        self.model = model.eval().to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        if device.type == "cpu":
            _take_maps_as_they_are(model)
        self.device = device

    @classmethod
    def load(
        cls,
        weights: Path | None = None,
        *,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        redraw: Redraw | None = None,
        keep_fits: bool = False,
        engine: Choice = "torch",
    ) -> PoseTransfer:
        """Read a model folder (without one: the bundled weights) onto a device; auto takes the GPU if there is one.

        `redraw` takes the target's maps from another representation of the body (`bodies`). The process keeps the
        memory that it frees from then on (see `memory`). A personal model brings its album along. With `keep_fits` a
        photo that comes again, in this process or in another, is not fitted again (`estimation.kept`).
        `engine` is the program that runs the networks; auto takes what is fastest on this processor
        (`engines.choose`).
        """
        keep_freed_memory()
        chosen = torch.device(choose_device(device))
        fast_precision(chosen.type)  # measured before several frames are drawn at a time
        with model_folder(weights) as folder, by_one_thread():
            model = load_model(folder)
        use_engine(model, engine, chosen.type)
        album = None if weights is None else find_album(weights)
        with by_one_thread():
            return cls(model, chosen, redraw=redraw, album=album, keep_fits=keep_fits)

    @property
    def config(self) -> ModelConfig:
        """The model's configuration."""
        return self.model.config

    @property
    def fingerprint(self) -> str:
        """A name for the weights: models with the same one draw the same pictures."""
        return fingerprint(self.config, self.model.state_dict())

    def at_size(self, size: int) -> PoseTransfer:
        """The same networks drawing smaller pictures. ValueError for a size that they cannot draw."""
        canvas = self.config.canvas
        if not 0 < size <= canvas or size % (canvas // SIZE_STEPS):
            sizes = ", ".join(str(canvas * step // SIZE_STEPS) for step in range(1, SIZE_STEPS + 1))
            raise ValueError(f"pictures of {size} pixels were asked for; expected one of {sizes}")
        model = copy(self.model)
        model.config = scaled(self.config, size / canvas)
        return PoseTransfer(model, self.device, redraw=self.redraw, album=self.album, keep_fits=self.keep_fits)

    def __call__(self, photo: Seeable, pose: Pose | Body, *, also: Sequence[Seeable] = ()) -> Transfer:
        """The person of the photo in the pose. ValueError says what is wrong with a photo.

        `also` are more photos of the same person in the same clothes: each point of the body is taken from the photo
        that shows it best.
        """
        seen = self.look(photo)
        view = self.view(seen, [self.look(other) for other in also])
        return self.draw(self.prepare(view, place_seen(seen, pose)))

    def look(self, photo: Seeable, *, person: str | None = None, whole: bool = False) -> Estimate:
        """Find the person and fit the body; an `Estimate` passes through.

        `person` says who of several is meant (`estimate`). `whole`: what the photo's edge cuts off is invented.
        """
        if isinstance(photo, Estimate):
            return photo
        picture = photo if isinstance(photo, Image) else read_source(photo)
        size = self.config.canvas
        seen = estimate(picture, size, person=person, keep=self.keep_fits)
        return complete(seen) if whole else seen

    def view(self, seen: Estimate, also: Sequence[Estimate] = ()) -> SourceView:
        """What the photo, and others beside it, show of the person; made once for many poses."""
        return join_views(self._view(seen), [self._view(other) for other in also])

    def _view(self, seen: Estimate) -> SourceView:
        posed = pose_body(seen.body)
        drawn = draw_posed(posed, seen.body.camera, self.config.canvas, device=self.device)
        picture, parsing = seen.photo.image.to(self.device), seen.parsing.to(self.device)
        return view_source(picture, parsing, drawn, posed, dressed=self.config.guides.dressed)

    def prepare(self, view: SourceView, body: Body) -> Conditions:
        """The maps, crops and warps for a body."""
        posed = pose_body(body)
        photo = view.image
        if self._closest is not None:
            view = self._closest.view(posed.transforms[:, :3, :3], also=view)
        drawn = self._dress(view, posed, body)
        if self.redraw is not None:
            drawn = self.redraw(drawn, body, photo)
        return prepare(view, drawn, self.config)

    def draw_target(self, view: SourceView, body: Body) -> DrawnBody:
        """The target's body in the clothes of the view."""
        return self._dress(view, pose_body(body), body)

    def _dress(self, view: SourceView, posed: Posed, body: Body) -> DrawnBody:
        return draw_dressed(posed, body.camera, self.config.canvas, view.clothes, device=self.device)

    @torch.inference_mode()
    def retouch(self, conditions: Conditions, made: Transfer, changes: Mapping[str, Change]) -> Transfer:
        """What was drawn, with changed layers: stage 3 anew."""
        with fast_autocast(self.device.type):
            return retouch(self.model, conditions, made, changes)

    @torch.inference_mode()
    def draw(self, conditions: Conditions) -> Transfer:
        """Run the three stages."""
        with fast_autocast(self.device.type):
            return self.model(conditions)


@contextmanager
def model_folder(weights: Path | None = None) -> Iterator[Path]:
    """A model's folder; without one that of the bundled weights."""
    with nullcontext(weights) if weights else as_file(files("layerpose") / "weights" / BUNDLED) as folder:
        yield folder


def _take_maps_as_they_are(model: Model) -> None:
    """On a CPU, turning the many maps at full size into channels_last costs more than the first convolution gains."""
    for generator in model.modules():
        if isinstance(generator, Generator):
            generator.stem.to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]


def place_seen(seen: Estimate, pose: Pose | Body) -> Body:
    """Someone whom the photo shows whole in the middle of the canvas; else framed, and cut, as in the photo."""
    if not seen.cut:
        return place(seen.body, pose)
    return stand(seen, pose.pose if isinstance(pose, Body) else pose)[0]


def place(source: Body, pose: Pose | Body) -> Body:
    """The source's shape in the target pose, as large as in the photo if that fits the canvas, centred."""
    body = Body(phenotype=source.phenotype, pose=pose.pose if isinstance(pose, Body) else pose, camera=source.camera)
    points = torch.as_tensor(pose_body(body).vertices[body_model().skin])
    return Body(phenotype=body.phenotype, pose=body.pose, camera=frame(points, scale=source.camera.scale))
