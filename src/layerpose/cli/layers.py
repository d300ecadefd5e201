"""A photo -> its layers as files, and edited layers -> the picture: the commands `layers` and `fuse`."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from layerpose.cli.console import busy, say
from layerpose.cli.options import Networks
from layerpose.cli.transfer import comment_of, find_person

if TYPE_CHECKING:
    from layerpose.estimation.estimate import Estimate
    from layerpose.export.layer_set import LayerSet
    from layerpose.maps.painting import Painting
    from layerpose.transfer import PoseTransfer
    from layerpose.types import Body

ORA = ".ora"


def layers(
    photo: tyro.conf.Positional[Path],
    /,
    *,
    pose: Annotated[str, tyro.conf.arg(aliases=("-p",), metavar="POSE")],
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER|ORA")],
    keep_photo: bool = True,
    networks: Networks,
) -> None:
    """Draw a person in a pose and write the five complete layers, to be edited and put together again by `fuse`.

    Args:
        photo: A photo of one whole person.
        pose: Another photo, a pose file, a frame of a motion, or a name such as walk.
        out: A folder for five PNGs with transparency, or a file for Krita and GIMP (.ora).
        keep_photo: Put the photo in with them, so that `fuse` needs nothing else.
        networks: Which networks draw, and where.
    """
    check_layers(out, [photo, Path(pose)])
    with busy("Starting"):
        from layerpose.estimation.estimate import read_source
        from layerpose.export.finish import finish
        from layerpose.export.layer_set import to_layer_set
        from layerpose.inputs.poses import resolve_pose
    picture = read_source(photo)
    with busy("Reading the pose"):
        target = resolve_pose(pose)
    model = networks.load()
    seen = find_person(picture, model.look)
    with busy("Drawing"):
        done = finish(model, seen, target)
    kept = photo.read_bytes() if keep_photo and photo.is_file() else None
    found = to_layer_set(done.made, done.body, weights=model.fingerprint, photo=kept, name=photo.name)
    written = write_layers(found, out, comment=comment_of(model))
    say(f"Wrote {', '.join(map(str, written))}")


def fuse(
    edited: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="FOLDER|ORA")]],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="PICTURE")],
    pose: Annotated[str | None, tyro.conf.arg(aliases=("-p",), metavar="POSE")] = None,
    photo: Annotated[Path | None, tyro.conf.arg(metavar="PHOTO")] = None,
    background: Annotated[str | None, tyro.conf.arg(aliases=("-b",), metavar="keep|COLOUR|IMAGE|transparent")] = None,
    networks: Networks,
) -> None:
    """Draw the fusion anew with edited layers: what was painted shows at its place on the body, in any pose.

    Args:
        edited: What `layers` has written and you have edited: a folder, or a file saved by Krita or GIMP.
        out: The picture to write (.png; with --background keep in other formats too).
        pose: Another pose than that of the layers: a photo, a pose file, a frame of a motion, or a name.
        photo: The photo, where it does not lie with the layers.
        background: As for `transfer`: without it flat grey.
        networks: Which networks draw, and where.
    """
    from layerpose.cli.transfer import check_picture

    check_picture(out, [edited, photo, Path(background) if background else None], background)
    with busy("Starting"):
        from layerpose.cli.drawing import Order, Wish, write
        from layerpose.inputs.poses import resolve_pose
        from layerpose.scene.backdrop import check_backdrop
    if background is not None:
        check_backdrop(background)
    found = read_layers(edited)
    _check_known(found, edited, photo, pose)
    target = None if pose is None else resolve_pose(pose)
    with _photo_of(found, photo) as path:
        order = Order.open(path, Wish(background=background))
    model = networks.load()
    if found.origin is not None and found.origin.weights != model.fingerprint:
        warnings.warn(
            "the layers were drawn with other weights; what was painted is put on what these draw", stacklevel=1
        )
    seen = find_person(order.picture, model.look)
    with busy("Drawing"):
        from layerpose.transfer import place

        body = place(seen.body, target) if found.origin is None and target is not None else _body_of(found)
        painting = _find_painting(found, model, seen, body)
        done = order.finish(model, seen, body if target is None else target, paintings=[painting])
    write(done, out, comment=comment_of(model))
    say(f"Wrote {out} with what was painted on: {', '.join(painting.changes) or 'nothing'}")


def check_layers(out: Path, inputs: Sequence[Path | None]) -> None:
    """ValueError unless layers can be written there."""
    from layerpose.export.layer_folder import check_layer_folder
    from layerpose.media.outputs import check_output

    if out.suffix.lower() == ORA:
        check_output(out, ORA, inputs=inputs)
    else:
        check_layer_folder(out, inputs)


def write_layers(found: LayerSet, out: Path, *, comment: str) -> list[Path]:
    """As a folder or a file; returns what was written."""
    from layerpose.export.layer_folder import write_layer_folder
    from layerpose.export.open_raster import write_open_raster

    if out.suffix.lower() != ORA:
        return write_layer_folder(found, out, comment=comment)
    write_open_raster(found, out)
    return [out]


def read_layers(path: Path) -> LayerSet:
    """A folder or a file."""
    from layerpose.export.layer_folder import read_layer_folder
    from layerpose.export.open_raster import read_open_raster

    if not path.exists():
        raise ValueError(f"there is no {path}; expected a folder or an .ora file that `layerpose layers` has written")
    return read_layer_folder(path) if path.is_dir() else read_open_raster(path)


def _check_known(found: LayerSet, edited: Path, photo: Path | None, pose: str | None) -> None:
    if found.photo is None and photo is None:
        raise ValueError(f"{edited} does not hold the photo; name it: --photo PHOTO")
    if found.origin is None and pose is None:
        raise ValueError(f"{edited} has lost its record, so the pose is not known; name the layers' own: --pose POSE")


@contextmanager
def _photo_of(found: LayerSet, photo: Path | None) -> Iterator[Path]:
    """The photo's file."""
    if photo is not None or found.photo is None:
        yield photo or Path()
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "the photo in it"
        path.write_bytes(found.photo)
        yield path


def _body_of(found: LayerSet) -> Body:
    assert found.origin is not None
    return found.origin.body


def _find_painting(found: LayerSet, model: PoseTransfer, seen: Estimate, body: Body) -> Painting:
    """What was painted on the layers of the body; layers that were lost are drawn again."""
    from layerpose.export.layered import layer_pictures, paint

    view, size = model.view(seen), found.canvas or model.config.canvas
    lost = set(found.edited) - {layer.part for layer in found.drawn}
    again = layer_pictures(model.draw(model.prepare(view, body))) if lost else ()
    return paint(model, view, body, found.changes(size, again))
