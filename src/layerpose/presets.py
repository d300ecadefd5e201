"""Named models as functions: the paper's, the one that ships, a tiny one for tests, and the rows of the ablation."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from layerpose.config import GeneratorConfig, Guides, ModelConfig

GENERATORS = ("coarse", "face", "arm", "leg", "fusion")


def paper() -> ModelConfig:
    """The paper's sizes and inputs: Johnson generators, guides H, S and D, complete layers, fusion at 1024."""
    trunk = GeneratorConfig(width=64, num_downs=3, num_blocks=9)
    return ModelConfig(
        name="paper", canvas=1024, coarse_size=512, face_size=128, arm_size=256, leg_size=512, guides=Guides(),
        coarse=trunk, face=trunk, arm=trunk, leg=trunk, fusion=GeneratorConfig(width=32, num_downs=4, num_blocks=9),
    )  # fmt: skip


def base() -> ModelConfig:
    """The model that ships: light enough for a CPU; the warp is a fourth guide, each stage ends in a retouched blend.

    The body wears what the source wears, and the networks are told which of its points each pixel shows, and how the
    surface is turned there.
    """
    return ModelConfig(
        name="base", canvas=1024, coarse_size=512, face_size=128, arm_size=256, leg_size=512,
        guides=Guides(warp=True, dressed=True, points=True, normals=True),
        coarse=_light(width=32, num_downs=3, num_blocks=6, max_width=192, patch=2),
        face=_light(width=24, num_downs=2, num_blocks=4),
        arm=_light(width=32, num_downs=2, num_blocks=4, patch=2),
        leg=_light(width=32, num_downs=3, num_blocks=6, max_width=192, patch=2),
        fusion=_light(width=32, num_downs=3, num_blocks=8, max_width=192, patch=2),
        around_body=True, carry=True, tones=True,
    )  # fmt: skip


def base_incomplete() -> ModelConfig:
    """A control: `base` with layers of what is visible, from occluded maps, without the completeness loss."""
    return replace(base(), name="base-incomplete", layers="incomplete")


def debug() -> ModelConfig:
    """Every path of `base` in a size for tests."""
    tiny = _light(width=4, num_downs=1, num_blocks=1)
    return ModelConfig(
        name="debug", canvas=128, coarse_size=64, face_size=16, arm_size=32, leg_size=64,
        guides=Guides(warp=True, dressed=True, points=True, normals=True),
        coarse=tiny, face=tiny, arm=tiny, leg=tiny, fusion=tiny, around_body=True, carry=True, tones=True,
    )  # fmt: skip


def ablation_h() -> ModelConfig:
    """The paper's first row, H: heatmaps only, and only the draft."""
    return replace(
        paper(), name="ablation-h", guides=Guides(parsing=False, depth=False), layers="none", fuse=False
    )  # fmt: skip


def ablation_hs() -> ModelConfig:
    """H + S: the parsing too."""
    return replace(ablation_h(), name="ablation-hs", guides=Guides(depth=False))


def ablation_hsd() -> ModelConfig:
    """H + S + D: the depth too."""
    return replace(ablation_h(), name="ablation-hsd", guides=Guides())


def ablation_incomplete() -> ModelConfig:
    """+ PL-: layers of what is visible, from occluded maps, without the completeness loss."""
    return replace(ablation_hsd(), name="ablation-incomplete", layers="incomplete")


def ablation_layers() -> ModelConfig:
    """+ PL: complete layers. The next row, + F, is `paper`."""
    return replace(ablation_hsd(), name="ablation-layers", layers="complete")


def ablation_warp() -> ModelConfig:
    """Ours on top of the paper: the source carried to the target by body correspondence, as a guide."""
    return replace(paper(), name="ablation-warp", guides=Guides(warp=True, filled=False))


def ablation_filled() -> ModelConfig:
    """+ the same with every hole filled."""
    return replace(ablation_warp(), name="ablation-filled", guides=Guides(warp=True))


def ablation_blend() -> ModelConfig:
    """+ a per-pixel blend with the warps at the end of every generator."""
    return _change(ablation_filled(), name="ablation-blend", blend=True)


def ablation_skips() -> ModelConfig:
    """+ U-Net skips, and no norm at full resolution."""
    return _change(ablation_blend(), name="ablation-skips", blend=True, skips=True, full_resolution_norm=False)


def ablation_dressed() -> ModelConfig:
    """+ the body in the source's clothes and hair."""
    return replace(ablation_skips(), name="ablation-dressed", guides=Guides(warp=True, dressed=True))


def ablation_points() -> ModelConfig:
    """+ which point of the body each pixel shows."""
    return replace(ablation_dressed(), name="ablation-points", guides=Guides(warp=True, dressed=True, points=True))


def ablation_retouch() -> ModelConfig:
    """+ an offset on top of the blend."""
    points = ablation_points()
    changed = {part: replace(getattr(points, part), retouch=True) for part in GENERATORS}
    return replace(points, name="ablation-retouch", **changed)


def ablation_normals() -> ModelConfig:
    """+ how the surface faces the viewer, in target and source."""
    retouch = ablation_retouch()
    return replace(retouch, name="ablation-normals", guides=replace(retouch.guides, normals=True))


ABLATION = {
    "ablation-h": ablation_h, "ablation-hs": ablation_hs, "ablation-hsd": ablation_hsd,
    "ablation-incomplete": ablation_incomplete, "ablation-layers": ablation_layers, "paper": paper,
    "ablation-warp": ablation_warp, "ablation-filled": ablation_filled, "ablation-blend": ablation_blend,
    "ablation-skips": ablation_skips, "ablation-dressed": ablation_dressed, "ablation-points": ablation_points,
    "ablation-retouch": ablation_retouch, "ablation-normals": ablation_normals,
}  # fmt: skip
"""The ablation's rows, in order; each adds one thing to the row before."""

PRESETS = {"base": base, "base-incomplete": base_incomplete, "debug": debug, **ABLATION}


def narrowed(config: ModelConfig, share: float) -> ModelConfig:
    """The same networks with a share of the channels, for small machines."""
    parts = {}
    for part in GENERATORS:
        generator: GeneratorConfig = getattr(config, part)
        widths = {name: narrow(getattr(generator, name), share) for name in ("width", "max_width")}
        parts[part] = replace(generator, **widths)
    return replace(config, **parts)


def narrow(width: int, share: float) -> int:
    """A share of a number of channels, 4 at least (or as many as there were)."""
    return max(round(width * share), min(width, 4))


def _light(
    *, width: int, num_downs: int, num_blocks: int, max_width: int = 1024, patch: Literal[1, 2] = 1
) -> GeneratorConfig:
    return GeneratorConfig(
        width=width, num_downs=num_downs, num_blocks=num_blocks, max_width=max_width, patch=patch, stem=3,
        full_resolution_norm=False, skips=True, blend=True, retouch=True,
    )  # fmt: skip


def _change(
    config: ModelConfig, *, name: str, blend: bool, skips: bool = False, full_resolution_norm: bool = True
) -> ModelConfig:
    changed = {
        part: replace(getattr(config, part), blend=blend, skips=skips, full_resolution_norm=full_resolution_norm)
        for part in GENERATORS
    }
    return replace(config, name=name, **changed)
