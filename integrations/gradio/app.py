"""A Space on the Hub, or a page on this machine: photo + pose of the library -> picture. ``python app.py``."""

from __future__ import annotations

from functools import lru_cache

import gradio as gr
from PIL.Image import Image

from layerpose.export.finish import finish
from layerpose.motion.library import NAMES, library_pose
from layerpose.transfer import PoseTransfer

BACKGROUNDS = ("transparent", "#808080", "#ffffff")


@lru_cache(maxsize=1)
def model() -> PoseTransfer:
    """The bundled one, loaded once."""
    return PoseTransfer.load()


def draw(photo: Image | None, pose: str, background: str) -> Image:
    """The person of the photo in the pose; what is wrong with a photo is shown on the page."""
    if photo is None:
        raise gr.Error("choose a photo first")
    try:
        return finish(model(), model().look(photo), library_pose(pose), background=background).picture
    except ValueError as error:
        raise gr.Error(str(error)) from error


def make_page() -> gr.Interface:
    """One photo, one pose, one picture."""
    return gr.Interface(
        draw,
        [
            gr.Image(type="pil", label="A photo of one whole person"),
            gr.Dropdown(list(NAMES), value="walk", label="Pose"),
            gr.Dropdown(list(BACKGROUNDS), value="transparent", label="Background"),
        ],
        gr.Image(type="pil", format="png", label="The person in the pose"),
        title="layerpose",
        flagging_mode="never",
    )


if __name__ == "__main__":
    make_page().queue(max_size=8).launch()
