"""Photo + pose -> picture on disk: the commands `demo`, `transfer` and `fit`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from layerpose import __version__
from layerpose.cli.body import Representation
from layerpose.cli.console import busy, say
from layerpose.cli.options import Device, NetworkOptions, NetworksAndEngine
from layerpose.cli.people import Person, PersonOrAll, check_group, read_cast, showing

if TYPE_CHECKING:
    from PIL.Image import Image

    from layerpose.estimation.estimate import Estimate
    from layerpose.transfer import PoseTransfer

Also = Annotated[tuple[Path, ...], tyro.conf.arg(metavar="PHOTO ...")]
KEEP = "keep"
"""Written again in `scene.backdrop`, which is too heavy to load for --help; a test compares the two."""
DEMO_POSE = "walk"
DEMO_MORE = ("wave", "sit", "crossed-legs", "arms-up")
"""Further poses that the demo's sheet shows in a row."""
DEMO_FOLDER = Path("out")


def demo(*, device: Device = "auto") -> None:
    """Transfer the bundled example person to poses of the library; writes out/demo.png and out/demo-sheet.png.

    Args:
        device: Where the networks run; auto takes the GPU if there is one.
    """
    from layerpose.estimation.estimate import read_source
    from layerpose.media.outputs import check_output_folder
    from layerpose.media.pictures import image_to_picture, write_png
    from layerpose.motion.library import library_pose
    from layerpose.sheets.transfer import draw_fit, draw_sheet

    out, sheet = DEMO_FOLDER / "demo.png", DEMO_FOLDER / "demo-sheet.png"
    check_output_folder(DEMO_FOLDER)
    model = NetworkOptions(device=device).load()
    with as_file(files("layerpose") / "examples" / "person.png") as example:
        photo = read_source(example)
    seen = find_person(photo, model.look)
    with busy(f"Transferring to {DEMO_POSE!r}"):
        result = model(seen, library_pose(DEMO_POSE))
    more = []
    for name in DEMO_MORE:
        with busy(f"Transferring to {name!r}"):
            more.append((name, image_to_picture(model(seen, library_pose(name)).image)))
    DEMO_FOLDER.mkdir(exist_ok=True)
    write_png(image_to_picture(result.image), out, comment=comment_of(model))
    fit_overlay = draw_fit(seen.photo.image, seen.body)
    write_png(draw_sheet(result, fit_overlay, more=more), sheet, comment=comment_of(model))
    say(f"Wrote {out} and {sheet}")


def transfer(
    photos: tyro.conf.Positional[Annotated[tuple[Path, ...], tyro.conf.arg(metavar="PHOTO ...")]],
    /,
    *,
    pose: Annotated[tuple[str, ...], tyro.conf.arg(aliases=("-p",), metavar="POSE|N=POSE")],
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="PICTURE|FOLDER")],
    background: Annotated[str | None, tyro.conf.arg(aliases=("-b",), metavar="keep|COLOUR|IMAGE|transparent")] = None,
    square: bool = False,
    shadow: bool = True,
    person: PersonOrAll = None,
    complete: bool = False,
    also: Also = (),
    sheet: Annotated[Path | None, tyro.conf.arg(aliases=("-s",), metavar="PNG")] = None,
    layers: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER|ORA")] = None,
    networks: NetworksAndEngine,
    body: Representation = "anny",
    smpl: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    volume: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
) -> None:
    """Draw the person of a photo in another pose, 1024 x 1024, or with --background keep in the photo itself.

    Args:
        photos: A photo of a person, best whole, or - (standard input); or many photos, or a folder of them.
        pose: Another photo, a pose file (.json), a frame of a motion (dance.fbx#120), or a name such as walk; for
            several people of one photo 1=walk 2=wave.
        out: The picture to write, or - (standard output); an older one is replaced, the photo never. Of many photos: a
            folder; what is there already is not drawn again.
        background: Without it flat grey. The photo, its old place filled in; a colour; a picture; or none at all.
        square: With --background keep, only the square around the person, 1024 x 1024.
        shadow: With --background keep, the person's shadow moves with them; with --no-shadow it stays as it is.
        person: Of several people one: the number from left to right, a place in the photo, the largest; or all.
        complete: Of someone whom the photo's edge cuts draw all, what is not shown as people usually look.
        also: More photos of the same person in the same clothes, from other sides: the best seen wins at every point.
        sheet: Also write a contact sheet of every step; where it is not clear who is meant, everybody's number.
        layers: Also write each layer as a PNG with transparency into this folder, or all as OpenRaster (.ora).
        networks: Which networks draw, where, and what runs them.
        body: What the target's maps are drawn from: anny's mesh, SMPL's (needs --smpl), or a labelled volume.
        smpl: Your licensed SMPL file (.pkl or .npz); poses from an .npz then start from its own T-pose.
        volume: A volume network, or bundled; --body volume then predicts the volume instead of filling anny's mesh.
    """
    from layerpose.cli.many import check_many, is_many, transfer_many

    photos, cast = read_cast(photos, pose, person)
    if cast.is_group:
        check_group(photos, out, background, also=also, layers=layers, square=square, complete=complete)
    many = is_many(photos, out)
    said = cast.pose
    if complete and background == KEEP:
        raise ValueError("--complete draws what lies beyond the photo; with --background keep leave it out")
    if square and background != KEEP:
        raise ValueError("--square is for --background keep; every other picture is square anyway: leave it out")
    if many:
        check_many(photos, out, sheet=sheet, layers=layers, also=also)
    else:
        inputs = [
            *photos,
            *also,
            *map(Path, cast.own.values() or [said]),
            smpl,
            Path(background) if background else None,
        ]
        _check_outputs(out, sheet, layers, inputs, background)
    with busy("Starting"):
        from layerpose.cli.drawing import Order, Wish, draw, draw_group
        from layerpose.estimation.volume import load_network
        from layerpose.inputs.bodies import redrawn, smpl_model
        from layerpose.inputs.poses import resolve_pose
        from layerpose.scene.backdrop import check_backdrop
    if background is not None:
        check_backdrop(background)
    wish = Wish(background=background, square=square, person=person, complete=complete, shadow=shadow)
    order = None if many else Order.open(photos[0], wish)
    with busy("Reading the pose"):
        other = smpl_model(body, smpl)
        targets = {text: resolve_pose(text, other) for text in cast.own.values() or [said]}
    if volume is not None and body != "volume":
        raise ValueError(f"--volume is for --body volume; found --body {body}; use both or neither")
    network = load_network(volume) if volume is not None else None

    load = partial(networks.load, redraw=redrawn(body, other, network))
    if cast.is_group:
        assert order is not None
        draw_group(order, load(), cast, targets, out, sheet=sheet)
    elif order is None:
        transfer_many(photos, out, targets[said], load, wish, said=said)
    else:
        draw(order, load(), targets[said], out, also=also, sheet=sheet, layers=layers)


def check_picture(out: Path, inputs: Sequence[Path | None], background: str | None) -> None:
    """ValueError unless it can be written. A photo that is kept may be written in other formats than PNG."""
    from layerpose.media.outputs import check_output
    from layerpose.media.photos.files import STANDARD_STREAM
    from layerpose.media.photos.originals import WRITTEN

    suffix = out.suffix.lower()
    if str(out) != STANDARD_STREAM:
        check_output(out, suffix if background == KEEP and suffix in WRITTEN else ".png", inputs=inputs)


def _check_outputs(
    out: Path, sheet: Path | None, layers: Path | None, inputs: Sequence[Path | None], background: str | None
) -> None:
    """ValueError for what could not be written."""
    from layerpose.media.outputs import check_output

    check_picture(out, inputs, background)
    check_output(sheet, ".png", inputs=[*inputs, out])
    if layers is not None:
        from layerpose.cli.layers import check_layers

        check_layers(layers, [*inputs, out, sheet])


def fit(
    photo: tyro.conf.Positional[Path],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FILE")],
    person: Person = None,
    sheet: Annotated[Path | None, tyro.conf.arg(aliases=("-s",), metavar="PNG")] = None,
) -> None:
    """Fit the body to the person of a photo and write it as a pose file, a textured body, or for other programs.

    Args:
        photo: A photo of a person.
        out: .json (docs/pose-format.md), .glb, .bvh, .npz, _keypoints.json or .png (docs/motion-files.md).
        person: Of several people one: the number from left to right, a place in the photo (x,y), or the largest.
        sheet: Also write a picture of the fitted body over the photo; where it is not clear who is meant, the numbers.
    """
    from layerpose.media.outputs import check_output
    from layerpose.media.pictures import write_png
    from layerpose.motion.write.by_suffix import plan_output, write_take

    output = plan_output(out, inputs=[photo])
    check_output(sheet, ".png", inputs=[photo, out])
    with busy("Starting"):
        from layerpose.estimation.estimate import estimate, read_source
        from layerpose.export.actors import photo_take
        from layerpose.presets import base

    def look(picture: Image) -> Estimate:
        return estimate(picture, base().canvas, person=person, keep=True)

    seen = find_person(read_source(photo), showing(look, sheet))
    with busy("Writing"):
        left_out = write_take(photo_take(seen, textured=output.format == "glb"), output)
    written = [out]
    if sheet is not None:
        from layerpose.sheets.transfer import draw_fit

        comment = "A photo with a generated body drawn over it."
        write_png(draw_fit(seen.photo.image, seen.body), sheet, comment=comment)
        written.append(sheet)
    say(f"Wrote {', '.join(map(str, written))}{f'; {out.name} has no place for {left_out}' if left_out else ''}")


def find_person(photo: Image, find: Callable[[Image], Estimate]) -> Estimate:
    """Find the person and say how well the body fits."""
    with busy("Finding the person"):
        seen = find(photo)
    say(f"Fit: {seen.quality}")
    if seen.invented:
        say(f"The photo does not show all of it: {', '.join(seen.invented)} are drawn as people usually look")
    return seen


def find_others(photos: Sequence[Path], find: Callable[[Image], Estimate]) -> list[Estimate]:
    """The person in further photos. ValueError names the photo in which something is wrong."""
    from layerpose.estimation.estimate import read_source

    found = []
    for photo in photos:
        picture = read_source(photo)
        try:
            found.append(find_person(picture, find))
        except ValueError as error:
            raise ValueError(f"{photo}: {error}") from error
    return found


def comment_of(model: PoseTransfer, seen: Estimate | None = None) -> str:
    """What every picture says about itself."""
    from layerpose.media.photos.provenance import GENERATED

    invented = f" Invented: {', '.join(seen.invented)}." if seen is not None and seen.invented else ""
    return f"{GENERATED} {__version__}, preset {model.config.name}. Not a photograph.{invented}"
