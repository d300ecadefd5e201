"""Frames of a store -> animated WebP, transparent if they are; one frame in memory at a time."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PIL.ExifTags import Base

from layerpose.runtime.cache import writing
from layerpose.video.store import FrameStore

QUALITY, EFFORT = 85, 2
"""Of the encoder: no blocks can be seen; slower efforts gain little."""


class Reel(Image.Image):
    """A store as Pillow's picture of many frames, which loads the one that is wanted."""

    def __init__(self, store: FrameStore) -> None:
        super().__init__()
        self._store = store
        self._at = 0
        self.seek(0)

    @property
    def n_frames(self) -> int:
        """Pillow's name for the number of frames."""
        return self._store.num_frames

    def seek(self, frame: int) -> None:
        """Load a frame."""
        picture = self._store.load(frame)
        self.im, self._mode, self._size, self._at = picture.im, picture.mode, picture.size, frame

    def tell(self) -> int:
        """The frame that is loaded."""
        return self._at


def write_webp(store: FrameStore, path: Path, *, fps: float) -> None:
    """Write all frames, whole or not at all; they are shown again and again."""
    exif = Image.Exif()
    exif[Base.ImageDescription] = store.comment
    with writing(path) as temporary:
        Reel(store).save(
            temporary, format="WEBP", save_all=True, duration=1000 / fps, loop=0, quality=QUALITY, method=EFFORT,
            exif=exif,
        )  # fmt: skip
