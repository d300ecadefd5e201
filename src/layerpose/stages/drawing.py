"""A generator + pictures, maps and warp -> its picture; through another engine than PyTorch where one is set."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from layerpose.config import Guides
from layerpose.networks.generator import Generator
from layerpose.stages.conditions import list_guides, name_guides, stack, unpack_warp
from layerpose.stages.narrowing import Window, run_window
from layerpose.stages.stem import goes_in_bands, run_stem
from layerpose.types import Maps, Warp


def draw(
    generator: Generator, guides: Guides, pictures: Sequence[Float[Tensor, "b 3 h w"]], maps: Maps, warp: Warp | None,
    *, from_last: bool = True, window: Window | None = None,
) -> Float[Tensor, "b 3 h w"]:  # fmt: skip
    """The picture; it starts from the last of the pictures, unless it is drawn from nothing.

    With a `window` everything that is given is cut to it already, and the picture is too.
    """
    if generator.engine is not None:
        return generator.engine(pictures, name_guides(maps, warp, guides))
    base = pictures[-1] if from_last else None
    if window is None and goes_in_bands(generator, pictures):
        return generator.go_on(run_stem(generator, guides, pictures, maps, warp), base, unpack_warp(warp))
    stacked = stack([*pictures, *list_guides(maps, warp, guides)])
    if window is None:
        return generator(stacked, base, unpack_warp(warp))
    background = 3 * len(pictures) + 18 * guides.heatmaps if guides.parsing else None
    out = run_window(generator, stacked, background, window.share)
    return generator.finish(out, base, unpack_warp(warp))
