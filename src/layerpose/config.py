"""Every knob of the model: frozen dataclasses, a sentence under each field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Guides:
    """What the networks are told about the target body; each can be switched off for the ablation."""

    heatmaps: bool = True
    """H: 18 Gaussian keypoint heatmaps."""
    parsing: bool = True
    """S: one-hot parsing, 7 classes."""
    depth: bool = True
    """D: depth relative to the pelvis."""
    warp: bool = False
    """Source colours carried to the target by body correspondence, and their visibility."""
    filled: bool = True
    """With the warp: the same with every hole filled."""
    points: bool = False
    """With the warp: which point of the body each pixel shows."""
    normals: bool = False
    """With the warp: how the surface faces the viewer, here (the slopes of D) and where its colour is from: what light
    may change."""
    dressed: bool = False
    """Maps and warp are of the body in the source's clothes and hair (`maps.clothing`). Paper: the bare body."""


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """An image-to-image network in the manner of Johnson et al."""

    width: int
    """Channels at full resolution; doubled by every downsampling."""
    num_downs: int
    """Downsamplings, each halving the resolution."""
    num_blocks: int
    """Residual blocks at the lowest resolution."""
    max_width: int = 1024
    """No layer has more channels than this."""
    stem: Literal[7, 3] = 7
    """Kernel of the first and last convolution."""
    patch: Literal[1, 2] = 1
    """2: see and draw pixels two by two, so that the widest layers run at half resolution."""
    full_resolution_norm: bool = True
    """Normalise at full resolution too. Off: instance norm cannot throw the source's colours away there."""
    skips: bool = False
    """U-Net skips: features of the way down are added on the way up."""
    blend: bool = False
    """End in a per-pixel blend of the generated colour, the warp and the filled warp. Needs the warp guide."""
    retouch: bool = False
    """With the blend: an offset on top of it, so that a seam is drawn without drawing the cloth anew."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The three stages."""

    name: str
    """The preset's name, written into everything the model makes."""
    canvas: int
    """Side of the finished picture in pixels."""
    coarse_size: int
    """Side of the draft of stage 1 in pixels."""
    face_size: int
    """Side of the face layer in pixels."""
    arm_size: int
    """Side of an arm layer in pixels."""
    leg_size: int
    """Side of a leg layer in pixels."""
    guides: Guides
    """What the networks are told."""
    coarse: GeneratorConfig
    """Stage 1."""
    face: GeneratorConfig
    """Stage 2, face."""
    arm: GeneratorConfig
    """Stage 2, one network for both arms."""
    leg: GeneratorConfig
    """Stage 2, one network for both legs."""
    fusion: GeneratorConfig
    """Stage 3."""
    layers: Literal["complete", "incomplete", "none"] = "complete"
    """Complete layers; layers cut by occlusion (the ablation's PL-); or no stage 2."""
    fuse: bool = True
    """Run stage 3. Off: the pasted picture is the result."""
    around_body: bool = False
    """Stage 3 draws the rectangle around the body, and elsewhere the pasted picture stays. Paper: all of it."""
    carry: bool = False
    """Where nothing about the photo's pixels changes, the finished picture has them as they are (`maps.carry`). Not
    while it learns. Paper: everything is drawn anew."""
    tones: bool = False
    """The finished picture has the photo's mean colours and finest detail (`stages.tones`). Not while it learns.
    Paper: as drawn."""

    def __post_init__(self) -> None:
        generators = self.coarse, self.face, self.arm, self.leg, self.fusion
        blends = [generator.blend for generator in generators]
        if any(generator.retouch and not generator.blend for generator in generators):
            raise ValueError("retouch=True needs blend=True: there is no blend to retouch; switch both on or both off")
        if any(blends) and not self.guides.warp:
            raise ValueError("blend=True needs guides.warp=True: there is no warp to blend; switch both on or both off")
        if any(blends) and not self.guides.filled:
            raise ValueError("blend=True needs guides.filled=True: it blends the filled warp; switch it on")


@dataclass(frozen=True, kw_only=True)
class VolumeConfig:
    """The network that predicts a labelled volume: stacked hourglasses in the manner of Newell et al."""

    size: int = 256
    """Rows and columns of the volume, and side of the pictures that the network sees."""
    num_labels: int = 7
    """Classes of a voxel."""
    num_slices: int = 64
    """Depths of the volume."""
    width: int = 128
    """Channels of the hourglasses, which run at a quarter of the size."""
    fine_width: int = 32
    """Channels at full size, before the labels are read off."""
    num_stacks: int = 2
    """Hourglasses in a row; each but the last is supervised at its own resolution."""
    num_levels: int = 4
    """How often an hourglass halves the resolution."""
    num_groups: int = 8
    """Groups of the norms. Not instance norm: it would throw away how deep a limb lies."""


@dataclass(frozen=True, kw_only=True)
class ParsingConfig:
    """The network that parses the source: a small U-Net."""

    size: int = 160
    """Side of the pictures that it sees in pixels."""
    num_classes: int = 7
    """Classes of a pixel."""
    width: int = 16
    """Channels at half the size; doubled by every downsampling."""
    num_downs: int = 4
    """Downsamplings after the first halving."""
    max_width: int = 128
    """No layer has more channels than this."""


def scaled(config: ModelConfig, share: float) -> ModelConfig:
    """The same networks at a share of the sizes (1, 1/2 ...): they are convolutional, so the weights fit."""
    names = ("canvas", "coarse_size", "face_size", "arm_size", "leg_size")
    return replace(config, **{name: int(getattr(config, name) * share) for name in names})
