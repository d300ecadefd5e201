"""Pose -> a drawn body by one of three representations: the body's own mesh, SMPL's mesh, a labelled volume.

Paper: Ours-S draws the maps from SMPL, Ours-V from a volume.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.body.smpl import SmplModel, SmplPose, load_smpl
from layerpose.body.smpl_file import REGISTER
from layerpose.estimation.volume import project_predicted
from layerpose.maps.clothing import lend_clothes
from layerpose.maps.projection import project_volume, stand_in
from layerpose.maps.render import DrawnBody, draw_body, draw_surface, mesh, pose_body
from layerpose.maps.voxels import voxelise
from layerpose.motion.posing import ADULT
from layerpose.motion.read.hmr import hmr_camera
from layerpose.motion.smpl_pose import pose_to_smpl
from layerpose.motion.smpl_shape import phenotype_to_betas
from layerpose.networks.hourglass import VolumeNetwork
from layerpose.types import Body, Camera, Pose, Volume

Representation = Literal["anny", "smpl", "volume"]
Redraw = Callable[[DrawnBody, Body, Float[Tensor, "1 3 h w"]], DrawnBody]
"""A drawing of the body, the body and the source image -> a drawing in its place."""


def smpl_model(body: Representation, file: Path | None) -> SmplModel | None:
    """The user's SMPL model, if there is one. ValueError if it is needed and not given."""
    if file is not None:
        return load_smpl(file)
    if body == "smpl":
        raise ValueError(f"--body smpl needs SMPL's own file, which cannot be shipped; {REGISTER}")
    return None


def redrawn(body: Representation, smpl: SmplModel | None, network: VolumeNetwork | None = None) -> Redraw | None:
    """How the maps of a target come from another representation; None: they come from the body's own mesh.

    Without a network the volume is the body's mesh, filled; with one it is predicted from source image and keypoints.
    """
    if body == "volume" and network is not None:
        return lambda drawn, _, source: project_predicted(network, source, drawn)
    if body == "volume":
        return lambda drawn, _, __: project_volume(volume_of(drawn), drawn)
    if body == "smpl":
        assert smpl is not None

        def redraw(drawn: DrawnBody, target: Body, _: Tensor) -> DrawnBody:
            betas = phenotype_to_betas(target.phenotype.double().numpy(), smpl)
            pose = pose_to_smpl(target.pose, smpl.rest_joints(betas))
            surface, device = smpl.pose(replace(pose, betas=betas)), drawn.vertices.device
            other = draw_surface(surface, target.camera, drawn.size, device=device, worn=lend_clothes(drawn))
            return stand_in(other, drawn)

        return redraw
    return None


def volume_of(drawn: DrawnBody) -> Volume:
    """The labelled volume of a drawn body."""
    topology = mesh(drawn.vertices.device)
    return voxelise(drawn.vertices, topology.faces, topology.parts, scale=drawn.scale)


def framed_body(pose: Pose | Body) -> Body:
    """A whole body as it is; a pose as that of an average adult, centred."""
    if isinstance(pose, Body):
        return pose
    still = Body(
        phenotype=torch.tensor(ADULT, dtype=torch.float32), pose=pose, camera=Camera(scale=1.0, translation=(0.0, 0.0))
    )
    points = torch.as_tensor(pose_body(still).vertices[body_model().skin])
    return Body(phenotype=still.phenotype, pose=pose, camera=frame(points))


def draw_any(body: Representation, pose: Pose | Body | SmplPose, smpl: SmplModel | None, size: int) -> DrawnBody:
    """A body on a canvas of its own, as the representation draws it."""
    if isinstance(pose, SmplPose):
        assert smpl is not None
        surface = smpl.pose(pose)
        framing = hmr_camera(pose, smpl) if pose.camera else frame(torch.as_tensor(surface.vertices))
        return draw_surface(surface, framing, size, device=torch.device("cpu"))
    drawn = draw_body(framed_body(pose), size)
    return project_volume(volume_of(drawn), drawn) if body == "volume" else drawn
