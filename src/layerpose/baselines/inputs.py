"""Source view + target body -> conditions in which the compared systems find what their own programs work out."""

from __future__ import annotations

from dataclasses import replace

from layerpose.config import Guides, ModelConfig
from layerpose.maps.heatmap import draw_heatmaps
from layerpose.maps.render import DrawnBody
from layerpose.maps.source import SourceView
from layerpose.maps.surface import draw_flow, draw_surface
from layerpose.presets import paper
from layerpose.stages.conditions import BodyPair, Conditions, prepare


def input_config(size: int) -> ModelConfig:
    """What `prepare_bodies` is to draw: the whole person at one size, no layers, no warp."""
    return replace(paper(), canvas=size, coarse_size=size, layers="none", fuse=False, guides=Guides())


def prepare_bodies(view: SourceView, target: DrawnBody, config: ModelConfig) -> Conditions:
    """`stages.conditions.prepare`, and both bodies' keypoints, the flow between them and their surfaces."""
    source = view.drawn
    bodies = BodyPair(
        source_keypoints=source.keypoints[None, :, :2],
        target_keypoints=target.keypoints[None, :, :2],
        source_heatmaps=draw_heatmaps(source.keypoints[:, :2], source.size)[None],
        flow=draw_flow(source, target),
        source_surface=draw_surface(source),
        target_surface=draw_surface(target),
    )
    return replace(prepare(view, target, config), bodies=bodies)


def bodies_of(conditions: Conditions) -> BodyPair:
    """The pair of bodies; ValueError where nobody put it in."""
    if conditions.bodies is None:
        raise ValueError(
            "the conditions hold no pair of bodies; the compared systems need it: "
            "make them with baselines.inputs.prepare_bodies (Pairs(..., prepare=prepare_bodies))"
        )
    return conditions.bodies
