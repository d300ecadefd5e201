"""Named models as functions: the paper's, the one that ships, and a tiny one for tests."""

from __future__ import annotations

from typing import Literal

from layerpose.config import GeneratorConfig, Guides, ModelConfig


def paper() -> ModelConfig:
    """The paper's sizes and inputs: Johnson generators, guides H, S and D, complete layers, fusion at 1024."""
    trunk = GeneratorConfig(width=64, num_downs=3, num_blocks=9)
    return ModelConfig(
        name="paper", canvas=1024, coarse_size=512, face_size=128, arm_size=256, leg_size=512, guides=Guides(),
        coarse=trunk, face=trunk, arm=trunk, leg=trunk, fusion=GeneratorConfig(width=32, num_downs=4, num_blocks=9),
    )  # fmt: skip


def base() -> ModelConfig:
    """The model that ships: light enough for a CPU; the warp is a fourth guide, each stage ends in a blend."""
    return ModelConfig(
        name="base", canvas=1024, coarse_size=512, face_size=128, arm_size=256, leg_size=512, guides=Guides(warp=True),
        coarse=_light(width=32, num_downs=3, num_blocks=6, max_width=192, patch=2),
        face=_light(width=24, num_downs=2, num_blocks=4),
        arm=_light(width=32, num_downs=2, num_blocks=4, patch=2),
        leg=_light(width=32, num_downs=3, num_blocks=4, max_width=128, patch=2),
        fusion=_light(width=24, num_downs=3, num_blocks=4, max_width=128, patch=2),
    )  # fmt: skip


def debug() -> ModelConfig:
    """Every path of `base` in a size for tests."""
    tiny = _light(width=4, num_downs=1, num_blocks=1)
    return ModelConfig(
        name="debug", canvas=128, coarse_size=64, face_size=16, arm_size=32, leg_size=64, guides=Guides(warp=True),
        coarse=tiny, face=tiny, arm=tiny, leg=tiny, fusion=tiny,
    )  # fmt: skip


PRESETS = {"paper": paper, "base": base, "debug": debug}


def _light(
    *, width: int, num_downs: int, num_blocks: int, max_width: int = 1024, patch: Literal[1, 2] = 1
) -> GeneratorConfig:
    return GeneratorConfig(
        width=width, num_downs=num_downs, num_blocks=num_blocks, max_width=max_width, patch=patch, stem=3,
        full_resolution_norm=False, skips=True, blend=True,
    )  # fmt: skip
