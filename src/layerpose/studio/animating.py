"""Key poses of a person -> a video, as a job: frames are kept as they are drawn, and give way to single pictures."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from PIL import Image

from layerpose.maps.source import SourceView
from layerpose.motion.filming import find_repeats
from layerpose.motion.pose_file import record_to_body
from layerpose.runtime.cache import writing
from layerpose.scene.backdrop import TRANSPARENT, Backdrop
from layerpose.scene.shadows import Floor
from layerpose.studio.drawing import Drawer, framed
from layerpose.studio.jobs import Report
from layerpose.studio.keys import Key, bodies_between
from layerpose.studio.line import Line
from layerpose.transfer import PoseTransfer
from layerpose.types import Body
from layerpose.video.encode import WITH_ALPHA, write_video
from layerpose.video.gif import write_gif
from layerpose.video.shooting import choose_workers, shoot_all
from layerpose.video.store import FrameStore, job_key, open_store

Kind = Literal["mp4", "webm", "gif", "png"]
MOST_FRAMES = 3000
SLOWEST, FASTEST = 1.0, 60.0
COMMENT = "An animation drawn by layerpose. Not a recording."
SEE_THROUGH = (*(suffix[1:] for suffix in WITH_ALPHA if suffix), "gif", "png")


@dataclass(frozen=True, kw_only=True)
class Reel:
    """Bodies that are drawn one after the other, whenever nobody waits for a picture."""

    model: PoseTransfer
    view: SourceView
    bodies: Sequence[Body]
    backdrop: Backdrop
    line: Line

    def first_like(self, frame: int) -> int:
        """The first frame that looks the same."""
        return self._first_like[frame]

    @cached_property
    def _first_like(self) -> list[int]:
        return find_repeats(self.bodies)

    @cached_property
    def _floor(self) -> Floor:
        return Floor(len(self.bodies), self.bodies.__getitem__)

    def draw(self, frame: int) -> Image.Image:
        """One finished frame."""
        self.line.give_way()
        body = self.bodies[frame]
        made = self.model.draw(self.model.prepare(self.view, body))
        return self.backdrop.compose(made, body, partial(self._floor.at, frame))


def check_animation(request: dict[str, Any]) -> None:
    """ValueError for what cannot be made, before it is queued."""
    keys, fps, kind = request["keys"], request["fps"], request["format"]
    times = [key["time"] for key in keys]
    if not keys or any(after <= before for before, after in pairwise(times)):
        raise ValueError("the keys' times must grow from key to key; expected at least one key")
    if not SLOWEST <= fps <= FASTEST:
        raise ValueError(f"{fps:g} frames a second were asked for; expected {SLOWEST:g} to {FASTEST:g}")
    if (times[-1] - times[0]) * fps > MOST_FRAMES - 1:
        raise ValueError(f"that is {(times[-1] - times[0]) * fps:.0f} frames; expected at most {MOST_FRAMES}")
    if request["background"] == TRANSPARENT and kind not in SEE_THROUGH:
        raise ValueError(f"{kind.upper()} has no transparency; choose a background, or {', '.join(SEE_THROUGH)}")
    if kind not in get_args(Kind):
        raise ValueError(f"animations are written as {', '.join(get_args(Kind))}; found {kind!r}")
    for number, key in enumerate(keys):
        try:
            record_to_body(key["body"])
        except ValueError as error:
            raise ValueError(f"key {number + 1}: {error}") from error


def animate(request: dict[str, Any], folder: Path, report: Report, *, drawer: Drawer, line: Line) -> Path:
    """Draw and write what was asked for; the file. Frames that are in the folder already are not drawn again."""
    person, fps, size, background = (request[name] for name in ("person", "fps", "size", "background"))
    bodies = _bodies(request, drawer)
    reel = Reel(
        model=drawer.model(size), view=drawer.view((person, *request["also"]), size), bodies=bodies,
        backdrop=drawer.backdrop(person, background, size), line=line,
    )  # fmt: skip
    out = folder / f"animation.{request['format']}"
    store = open_store(out, key=job_key(repr(request)), num_frames=len(bodies), comment=COMMENT)
    shoot_all(reel, store, report, workers=choose_workers(reel.model.device))
    return _write(store, out, fps)


def _bodies(request: dict[str, Any], drawer: Drawer) -> list[Body]:
    source = drawer.people.get(request["person"]).seen
    keys = [
        Key(seconds=key["time"], body=framed(source, record_to_body(key["body"])), ease=key["ease"])
        for key in request["keys"]
    ]
    return bodies_between(keys, request["fps"])


def _write(store: FrameStore, out: Path, fps: float) -> Path:
    match out.suffix:
        case ".gif":
            write_gif(store, out, fps=fps)
            store.remove()
        case ".png":
            out = out.with_suffix(".zip")
            with writing(out) as temporary, zipfile.ZipFile(temporary, "w") as packed:
                for path in sorted(store.folder.glob("[0-9]*.png")):
                    packed.write(path, path.name)
            store.remove()
        case _:
            write_video(store, out, fps=fps)
    return out
