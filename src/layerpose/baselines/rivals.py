"""The compared systems by name: networks, objectives, and how their authors trained them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
from layerpose.types import Term


@dataclass(frozen=True, kw_only=True)
class Rival:
    """One system. Its networks map `Conditions` to a picture and have the children `generator` and `critic`."""

    name: str
    config: Any
    """Sizes as published; one of the rival's own config class."""
    make: Callable[[Any], nn.Module]
    """Config -> networks."""
    generator_terms: Callable[[Any, Vgg19, Sample], tuple[list[Term], Float[Tensor, "b 3 h w"]]]
    """Networks, VGG-19 and sample -> what the generator minimises, and the detached picture."""
    critic_terms: Callable[[Any, Sample, Float[Tensor, "b 3 h w"]], list[Term]]
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


RIVALS = {
    rival.name: rival
    for rival in (
        Rival(
            name="pix2pixhd", config=Pix2PixHdConfig(), make=Pix2PixHd, generator_terms=pix2pixhd.generator_terms,
            critic_terms=pix2pixhd.critic_terms, batch=1, constant_share=1 / 2,
        ),
        Rival(
            name="dsc", config=DscConfig(), make=Dsc, generator_terms=dsc.generator_terms,
            critic_terms=dsc.critic_terms, batch=2, deepest_tap="1_2",
        ),
        Rival(
            name="lwgan", config=LwGanConfig(), make=LwGan, generator_terms=lwgan.generator_terms,
            critic_terms=lwgan.critic_terms, batch=4, constant_share=1 / 6, last_learning_rate=2e-6,
        ),
    )
}  # fmt: skip
