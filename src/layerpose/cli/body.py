"""Pose -> a picture of the body that the networks are told about: the command `body show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from layerpose.cli.console import busy, say

Representation = Literal["anny", "smpl", "volume"]
SIZE = 512
"""Side of a cell in pixels."""


def body(
    action: Annotated[tyro.conf.Positional[Literal["show"]], tyro.conf.arg(metavar="show")],
    pose: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="POSE")],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="PNG")],
    body: Representation = "anny",
    smpl: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
) -> None:
    """Show the body in a pose: picture, parts, depth and skeleton side by side.

    Args:
        action: The word show.
        pose: What transfer's --pose takes: a photo, a pose file, a frame of a motion (dance.fbx#120), or a name.
        out: The picture to write; an older one is replaced.
        body: The mesh of anny, that of SMPL (needs --smpl), or anny's mesh filled with voxels.
        smpl: Your licensed SMPL file (.pkl or .npz).
    """
    from layerpose.media.outputs import check_output

    assert action == "show"
    check_output(out, ".png", inputs=[Path(pose.rpartition("#")[0] or pose), smpl])
    with busy("Starting"):
        from layerpose import __version__
        from layerpose.inputs.bodies import draw_any, smpl_model
        from layerpose.inputs.poses import resolve_pose, resolve_smpl_pose
        from layerpose.media.pictures import write_png
        from layerpose.sheets.body import draw_body_sheet
    with busy("Reading the pose"):
        model = smpl_model(body, smpl)
        found = resolve_smpl_pose(pose, model) if body == "smpl" and model else resolve_pose(pose, model)
    with busy("Drawing"):
        drawn = draw_any(body, found, model, SIZE)
        write_png(draw_body_sheet(drawn), out, comment=f"A body drawn by layerpose {__version__}. Not a photograph.")
    say(f"Wrote {out}")
