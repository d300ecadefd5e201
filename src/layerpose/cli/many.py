"""Many photos -> a picture of each in a folder, on each core one; what is there stays, what fails is named."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from layerpose.cli.console import progress, say

if TYPE_CHECKING:
    from layerpose.cli.drawing import Wish
    from layerpose.transfer import PoseTransfer
    from layerpose.types import Body, Pose

JOB = "transfer.json"
"""What the pictures of a folder are: two jobs are never mixed."""
NAMED = 3
"""Photos that failed are named again in the last line, up to so many."""


def is_many(photos: Sequence[Path], out: Path) -> bool:
    """Whether the output is a folder of pictures and not one picture."""
    return len(photos) != 1 or photos[0].is_dir() or out.is_dir()


def check_many(
    photos: Sequence[Path], out: Path, *, sheet: Path | None, layers: Path | None, also: Sequence[Path]
) -> None:
    """ValueError for what only one photo can have, and for an output that is no folder."""
    from layerpose.media.outputs import check_output_folder

    given = {"--sheet": sheet, "--layers": layers, "--also": also}
    named = [name for name, value in given.items() if value]
    if named:
        raise ValueError(f"{' and '.join(named)}: only for one photo and one picture; leave it out")
    if not photos:
        raise ValueError("no photos were named; name a photo, several, or a folder of them")
    if Path("-") in photos:
        raise ValueError("standard input (-) is for one photo and one picture; name files instead")
    if out.suffix and not out.is_dir():
        raise ValueError(f"of several photos a folder is made, and {out} is a file's name; give a name without suffix")
    check_output_folder(out)


def transfer_many(
    photos: Sequence[Path], out: Path, pose: Pose | Body, load: Callable[[], PoseTransfer], wish: Wish, *,
    said: str,
) -> None:  # fmt: skip
    """Draw every photo. ValueError at the end, if any failed, with how many and why."""
    from layerpose.runtime.locks import alone_in
    from layerpose.runtime.making import keep_making

    wanted = _name_outputs(_expand(photos), out, keep=wish.background == "keep" and not wish.square)
    job = {"pose": said, "background": wish.background, "square": wish.square, "shadow": wish.shadow}
    asked = {"person": wish.person, "complete": wish.complete}
    with alone_in(out):
        keep_making(out / JOB, {**job, **{name: value for name, value in asked.items() if value}})
        _draw_all(wanted, out, pose, load, wish)


def _draw_all(
    wanted: dict[Path, Path], out: Path, pose: Pose | Body, load: Callable[[], PoseTransfer], wish: Wish
) -> None:
    from layerpose.cli.drawing import Order, write
    from layerpose.cli.transfer import comment_of
    from layerpose.runtime.workers import work_side_by_side
    from layerpose.video.shooting import choose_workers

    missing = {photo: path for photo, path in wanted.items() if not path.exists()}
    there = len(wanted) - len(missing)
    if there:
        say(f"Going on: {there} of {len(wanted)} pictures are there already ({out})")
    model = load() if missing else None
    failed: list[str] = []

    def transfer_one(photo: Path, path: Path) -> str | None:
        """None, or why there is no picture."""
        assert model is not None
        try:
            order = Order.open(photo, wish)
            seen = order.look(model)(order.picture)
            write(order.finish(model, seen, pose), path, comment=comment_of(model, seen))
        except (ValueError, OSError) as error:
            return str(error) if str(photo) in str(error) else f"{photo}: {error}"
        return None

    workers = 1 if model is None else choose_workers(model.device)
    reasons = work_side_by_side(transfer_one, list(missing), list(missing.values()), workers=workers)
    with progress("Photos", "photos") as report:
        report(there, len(wanted))
        for done, reason in enumerate(reasons, start=there + 1):
            if reason is not None:
                warnings.warn(f"left out: {reason}", stacklevel=2)
                failed.append(reason)
            report(done, len(wanted))
    say(f"Wrote {len(missing) - len(failed)} pictures into {out}")
    if failed:
        more = f"; and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
        raise ValueError(f"{len(failed)} of {len(wanted)} photos were left out: {'; '.join(failed[:NAMED])}{more}")


def _expand(photos: Sequence[Path]) -> Iterator[Path]:
    """Folders become the photos in them; their other files are named in a warning."""
    from layerpose.media.photos.files import photos_in, warn_of_others

    for photo in photos:
        if photo.is_dir():
            warn_of_others(photo)
            yield from photos_in(photo)
        else:
            yield photo


def _name_outputs(photos: Iterator[Path], out: Path, *, keep: bool) -> dict[Path, Path]:
    """Photo -> picture: the photo's name with .png, or with its own suffix where the photo itself is given back."""
    from layerpose.media.photos.originals import WRITTEN

    given = list(dict.fromkeys(photos))
    if not given:
        raise ValueError("the folders hold no photos; name photos, or a folder with some")
    suffixes = {photo: photo.suffix if keep and photo.suffix.lower() in WRITTEN else ".png" for photo in given}
    short = [photo.stem + suffixes[photo] for photo in given]
    names = [
        name if short.count(name) == 1 else photo.name + suffixes[photo]
        for photo, name in zip(given, short, strict=True)
    ]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"several photos are called alike ({twice[0]}); rename them, or give them folders of their own"
        )
    paths = {photo: out / name for photo, name in zip(given, names, strict=True)}
    for photo, path in paths.items():
        if path.exists() and photo.exists() and path.samefile(photo):
            raise ValueError(f"{path} is also a photo, which is never overwritten; choose another folder")
    return paths
