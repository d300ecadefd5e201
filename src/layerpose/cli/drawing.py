"""One photo -> a picture on disk or on standard output, and on demand its sheet and layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL.Image import Image

from layerpose.cli.console import busy, say, to_stderr
from layerpose.cli.people import Cast, choose_poses, find_group, showing
from layerpose.cli.transfer import comment_of, find_others, find_person
from layerpose.estimation.estimate import Estimate, read_source
from layerpose.export.finish import Finished, finish, finish_group, finish_in_photo
from layerpose.maps.painting import Painting
from layerpose.media.photos.originals import STANDARD_STREAM, Original, read_original, write_original
from layerpose.media.pictures import write_png
from layerpose.scene.backdrop import KEEP
from layerpose.transfer import PoseTransfer
from layerpose.types import Body, Pose


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted of each photo, beside the pose."""

    background: str | None = None
    square: bool = False
    person: str | None = None
    complete: bool = False
    shadow: bool = True


@dataclass(frozen=True, kw_only=True)
class Order:
    """A photo, read, and what is wanted of it."""

    picture: Image
    original: Original | None
    """With `keep`: the photo as its file has it."""
    wish: Wish

    @classmethod
    def open(cls, photo: Path, wish: Wish) -> Order:
        """Read the photo. ValueError says what is wrong with it."""
        picture = read_source(photo)
        if wish.background == KEEP and picture.mode == "RGBA":
            raise ValueError(f"{photo} is transparent, there is no background to keep; use --background transparent")
        return cls(picture=picture, original=read_original(photo) if wish.background == KEEP else None, wish=wish)

    def look(self, model: PoseTransfer) -> Callable[[Image], Estimate]:
        """How the person is found in a picture."""
        return partial(model.look, person=self.wish.person, whole=self.wish.complete)

    def finish(
        self, model: PoseTransfer, seen: Estimate, pose: Pose | Body, also: Sequence[Estimate] = (),
        paintings: Sequence[Painting] = (),
    ) -> Finished:  # fmt: skip
        """Draw it."""
        if self.original is not None:
            return finish_in_photo(
                model, self.original, seen, pose, also=also, square=self.wish.square, paintings=paintings,
                shadow=self.wish.shadow,
            )  # fmt: skip
        return finish(model, seen, pose, also=also, background=self.wish.background, paintings=paintings)


def draw(
    order: Order, model: PoseTransfer, pose: Pose | Body, out: Path, *,
    also: Sequence[Path], sheet: Path | None, layers: Path | None,
) -> None:  # fmt: skip
    """Find the person, draw, write."""
    with to_stderr(str(out) == STANDARD_STREAM):
        seen = find_person(order.picture, showing(order.look(model), sheet))
        others = find_others(also, model.look)
        with busy("Transferring"):
            done = order.finish(model, seen, pose, others)
    comment = comment_of(model, seen)
    write(done, out, comment=comment)
    written = [out] if str(out) != STANDARD_STREAM else []
    if sheet is not None:
        from layerpose.sheets.transfer import draw_fit, draw_sheet

        write_png(draw_sheet(done.made, draw_fit(seen.photo.image, seen.body)), sheet, comment=comment)
        written.append(sheet)
    if layers is not None:
        from layerpose.cli.layers import write_layers
        from layerpose.export.layer_set import to_layer_set

        written += write_layers(to_layer_set(done.made, done.body, weights=model.fingerprint), layers, comment=comment)
    if written:
        with to_stderr(str(out) == STANDARD_STREAM):
            say(f"Wrote {', '.join(map(str, written))}")


def draw_group(
    order: Order, model: PoseTransfer, cast: Cast, poses: dict[str, Pose | Body], out: Path, *, sheet: Path | None
) -> None:
    """Find everybody, draw those who are meant into their photo, write."""
    assert order.original is not None
    with to_stderr(str(out) == STANDARD_STREAM):
        people = find_group(order.picture, model, sheet)
        moved = choose_poses(cast, people, poses)
        with busy("Transferring"):
            done = finish_group(model, order.original, moved, shadow=order.wish.shadow)
        write(done, out, comment=comment_of(model))
        written = [str(path) for path in (out, sheet) if path is not None and str(path) != STANDARD_STREAM]
        if written:
            say(f"Wrote {', '.join(written)}: {len(moved)} of {len(people)} people moved")


def write(done: Finished, out: Path, *, comment: str) -> None:
    """The picture in the format of the path."""
    if done.original is not None:
        write_original(done.original, out, comment=comment)
    else:
        write_png(done.picture, out, comment=comment)
