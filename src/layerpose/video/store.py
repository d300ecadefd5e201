"""Frames of a film on disk, beside the file they will become: an interrupted run goes on from them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from layerpose.media.pictures import write_png
from layerpose.runtime.cache import write_json, writing

JOB = "job.json"
OURS = re.compile(r"\d{6}\.png|job\.json|\.(\d{6}\.png|job\.json|shared)\..*")
"""What may lie in a work folder; anything else is somebody's own file, and nothing is touched then."""
QUICK = 1
"""Effort of the PNG compression: files half as large again, written several times as fast."""


@dataclass(frozen=True, kw_only=True)
class FrameStore:
    """A work folder with one PNG for each finished frame."""

    folder: Path
    num_frames: int
    comment: str

    def missing(self) -> list[int]:
        """Frames that have still to be drawn."""
        return [frame for frame in range(self.num_frames) if not self.has(frame)]

    def has(self, frame: int) -> bool:
        """Whether a frame is finished."""
        return self._path(frame).exists()

    def keep(self, frame: int, picture: Image.Image) -> None:
        """Write a finished frame, whole or not at all. ValueError if the disk takes no more."""
        try:
            write_png(picture, self._path(frame), comment=self.comment, effort=QUICK)
        except OSError as error:
            raise ValueError(
                f"cannot write frame {frame} into {self.folder} ({error.strerror or error}); make room and run the "
                f"same command again: it goes on from there"
            ) from error

    def repeat(self, first: int, frame: int) -> None:
        """A frame that looks like another one, which is finished: the same file under its name."""
        with writing(self._path(frame)) as temporary:
            shutil.copyfile(self._path(first), temporary)

    def load(self, frame: int) -> Image.Image:
        """A finished frame: RGB or RGBA."""
        with Image.open(self._path(frame)) as picture:
            picture.load()
            return picture

    def frames(self) -> Iterator[Image.Image]:
        """All frames in their order, one at a time in memory."""
        return (self.load(frame) for frame in range(self.num_frames))

    def become(self, folder: Path) -> None:
        """The work folder is the result: give it its final name."""
        (self.folder / JOB).unlink()
        if folder.exists():
            folder.rmdir()
        self.folder.rename(folder)

    def remove(self) -> None:
        """Delete the work folder."""
        shutil.rmtree(self.folder)

    def _path(self, frame: int) -> Path:
        return self.folder / f"{frame:06d}.png"


def work_folder(out: Path) -> Path:
    """Where the frames of an output are kept until it is written."""
    return out.with_name(f"{out.name}.frames")


def open_store(out: Path, *, key: str, num_frames: int, comment: str) -> FrameStore:
    """The work folder of an output. Frames in it stay if they were drawn for the same job (`key`), else they go.

    ValueError if it holds files that are not ours.
    """
    folder = work_folder(out)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is in the way: frames are kept there until {out} is written; move it elsewhere")
    strange = [path.name for path in folder.glob("*") if not OURS.fullmatch(path.name)] if folder.exists() else []
    if strange:
        raise ValueError(f"{folder} is for unfinished frames but holds {strange[0]!r}; move the folder elsewhere")
    if folder.exists():
        same = _key_in(folder) == key
        for path in folder.iterdir():
            if not same or path.name.startswith("."):
                path.unlink()
    folder.mkdir(exist_ok=True)
    write_json(folder / JOB, {"key": key, "frames": num_frames})
    return FrameStore(folder=folder, num_frames=num_frames, comment=comment)


def job_key(*parts: bytes | str) -> str:
    """One short text for everything that decides how the frames look."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def _key_in(folder: Path) -> str | None:
    try:
        return json.loads((folder / JOB).read_text(encoding="utf-8"))["key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
