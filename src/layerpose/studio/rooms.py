"""A folder and a model -> everything that stands behind the page, opened once for all requests."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any

from layerpose.media.pictures import read_photo
from layerpose.motion.library import library_pose
from layerpose.runtime.cache import private_folder
from layerpose.studio.animating import animate
from layerpose.studio.drawing import Drawer, Wish
from layerpose.studio.files import PoseFiles
from layerpose.studio.hearing import clean_name, read_named
from layerpose.studio.jobs import Jobs, Report
from layerpose.studio.keeping import Store, open_store
from layerpose.studio.layering import Layering
from layerpose.studio.line import Line
from layerpose.studio.people import People
from layerpose.studio.posing import Thumbnails, open_thumbnails
from layerpose.studio.recent import Recent
from layerpose.studio.sights import Sights
from layerpose.transfer import PoseTransfer

WATCH = "watch"
"""A job's task, beside animations."""
BODIES_AT_ONCE = 4
FIRST_POSE = "stand"


@dataclass(frozen=True, kw_only=True)
class Studio:
    """What the routes ask."""

    folder: Path
    people: People
    sights: Sights
    pictures: Store
    """For behind the people."""
    drawer: Drawer
    line: Line
    bodies: Recent[str, bytes]
    """Files of textured bodies."""
    thumbnails: Thumbnails
    files: PoseFiles
    layering: Layering
    jobs: Jobs
    example: str
    """The bundled person's id."""
    photo: str | None
    """Of whom the studio was opened for."""
    fingerprint: str
    """Of the model's weights."""

    def keep_picture(self, content: bytes, name: str) -> str:
        """Keep a picture for behind the people. ValueError if it is none."""
        kept = self.pictures.keep(content)
        try:
            read_named(self.pictures.find(kept), clean_name(name, "picture"), read_photo)
        except ValueError:
            self.pictures.drop(kept)
            raise
        return kept


def open_studio(folder: Path, model: PoseTransfer, photo: Path | None = None) -> Studio:
    """The studio of a folder, which is made if missing and can be read by its owner alone."""
    private_folder(folder)
    people, pictures = People(folder, model.config.canvas), open_store(folder / "pictures", "picture")
    example = (files("layerpose") / "examples" / "person.png").read_bytes()
    drawer, line, poses = Drawer(model, people, pictures), Line(), PoseFiles(folder)

    def work(request: dict[str, Any], out: Path, report: Report) -> Path:
        if request.get("task") == WATCH:
            return poses.watch(request, out, report, line=line)
        return animate(request, out, report, drawer=drawer, line=line)

    return Studio(
        folder=folder, people=people, sights=Sights(people), pictures=pictures, drawer=drawer, line=line,
        bodies=Recent(BODIES_AT_ONCE),
        thumbnails=open_thumbnails(folder / "thumbnails"), files=poses,
        layering=Layering(folder, drawer),
        jobs=Jobs(folder / "jobs", work), fingerprint=model.fingerprint,
        example=people.keep(example, "example.png"),
        photo=None if photo is None else people.welcome(photo.read_bytes(), photo.name).id,
    )  # fmt: skip


def warm_up(studio: Studio) -> Thread:
    """Draw the first picture that the page will ask for, beside whatever else is done: kernels and files are read."""

    def draw() -> None:
        wish = Wish(person=studio.photo or studio.example, pose=library_pose(FIRST_POSE), size=min(studio.drawer.sizes))
        studio.line.do(lambda check: studio.drawer.draw(wish, check))

    thread = Thread(target=draw, daemon=True)
    thread.start()
    return thread
