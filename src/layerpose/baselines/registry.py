"""The compared systems by name: networks, objectives, and how their authors trained them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from layerpose.baselines import dsc, lwgan, pix2pixhd
from layerpose.baselines.dsc import Dsc, DscConfig
from layerpose.baselines.lwgan import LwGan
from layerpose.baselines.lwgan_network import LwGanConfig
from layerpose.baselines.pix2pixhd import Pix2PixHd, Pix2PixHdConfig
from layerpose.data.pairs import Sample
from layerpose.networks.perceptual import Vgg19
from layerpose.presets import narrow
from layerpose.types import Term


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """One system. Its networks map `Conditions` to a picture and have the children `generator` and `discriminator`."""

    name: str
    config: Any
    """Sizes as published; one of the baseline's own config class."""
    make: Callable[[Any], nn.Module]
    """Config -> networks."""
    generator_terms: Callable[[Any, Vgg19, Sample], tuple[list[Term], Float[Tensor, "b 3 h w"]]]
    """Networks, VGG-19 and sample -> what the generator minimises, and the detached picture."""
    discriminator_terms: Callable[[Any, Sample, Float[Tensor, "b 3 h w"]], list[Term]]
    """Networks, sample and that picture -> what the discriminator minimises."""
    batch: int
    size: int = 256
    """Side of the picture in pixels."""
    learning_rate: float = 2e-4
    """For generator and discriminator, Adam with betas 0.5 and 0.999."""
    constant_share: float = 1.0
    """Share of the training at that rate; over the rest it falls in a straight line to `last_learning_rate`."""
    last_learning_rate: float = 0.0
    deepest_tap: str = "5_2"
    """How much of VGG-19 the objective needs."""


BASELINES = {
    baseline.name: baseline
    for baseline in (
        Baseline(
            name="pix2pixhd", config=Pix2PixHdConfig(), make=Pix2PixHd, generator_terms=pix2pixhd.generator_terms,
            discriminator_terms=pix2pixhd.discriminator_terms, batch=1, constant_share=1 / 2,
        ),
        Baseline(
            name="dsc", config=DscConfig(), make=Dsc, generator_terms=dsc.generator_terms,
            discriminator_terms=dsc.discriminator_terms, batch=2, deepest_tap="1_2",
        ),
        Baseline(
            name="lwgan", config=LwGanConfig(), make=LwGan, generator_terms=lwgan.generator_terms,
            discriminator_terms=lwgan.discriminator_terms, batch=4, constant_share=1 / 6, last_learning_rate=2e-6,
        ),
    )
}  # fmt: skip


SIZE_STEPS = {"pix2pixhd": 16, "dsc": 64, "lwgan": 8}
"""By how much each halves its picture on the way down."""


@dataclass(frozen=True, kw_only=True)
class BaselineConfig:
    """One of the systems, at some size."""

    name: str
    """Its key in `BASELINES`."""
    canvas: int
    """Side of the picture in pixels."""
    networks: Pix2PixHdConfig | DscConfig | LwGanConfig
    """Sizes of its networks."""


def published(name: str) -> BaselineConfig:
    """A system as its authors built it."""
    return BaselineConfig(name=name, canvas=BASELINES[name].size, networks=BASELINES[name].config)


def resized(config: BaselineConfig, *, canvas: int, share: float) -> BaselineConfig:
    """The same system for another size of picture, with a share of the channels."""
    if canvas % SIZE_STEPS[config.name]:
        raise ValueError(
            f"{config.name} draws pictures whose side is a multiple of {SIZE_STEPS[config.name]}; found {canvas}"
        )
    widths = {name: narrow(getattr(config.networks, name), share) for name in ("width", "discriminator_width")}
    return replace(config, canvas=canvas, networks=replace(config.networks, **widths))


def make_networks(config: BaselineConfig) -> nn.Module:
    """Its networks, new."""
    return BASELINES[config.name].make(config.networks)
