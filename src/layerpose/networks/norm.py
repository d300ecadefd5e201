"""Features -> mean 0 and variance 1 in each channel of each sample: instance norm, with a fast gradient."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import group_norm


class InstanceNorm(nn.GroupNorm):
    """Instance norm, written as a group norm with a group for each channel.

    PyTorch 2.13's own `InstanceNorm2d` has a wrong gradient on a CPU for a batch of one in channels_last, and the
    gradient of its group norm is slow there in channels_last: half of a generator's forward and backward in bfloat16.
    """

    def __init__(self, width: int, *, affine: bool = True) -> None:
        super().__init__(width, width, affine=affine)

    def forward(self, features: Tensor) -> Tensor:
        """``b c h w``, same shape in and out."""
        if features.device.type != "cpu" or not torch.is_grad_enabled() or torch.compiler.is_compiling():
            return super().forward(features)
        return _InstanceNorm.apply(features, self.weight, self.bias, self.eps)  # pyright: ignore[reportReturnType]


class _InstanceNorm(torch.autograd.Function):
    """PyTorch's own forward; its gradient written as a line through every pixel: a dy + k x + constant."""

    @staticmethod
    def forward(
        ctx: Any, features: Float[Tensor, "b c h w"], weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> Tensor:  # fmt: skip
        batch, channels, height, width = features.shape
        out, mean, scale = torch.native_group_norm(
            features, weight, bias, batch, channels, height * width, channels, eps
        )  # fmt: skip
        ctx.save_for_backward(features, weight, bias, mean, scale)
        ctx.eps = eps
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Float[Tensor, "b c h w"]) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        features, weight, bias, mean, scale = ctx.saved_tensors
        if torch.is_grad_enabled():
            return (*_differentiable(features, weight, bias, ctx.eps, gradient), None)
        exact = torch.promote_types(features.dtype, torch.float32)
        area, shape = features[0, 0].numel(), features.shape[:2]
        mean, scale = mean.view(shape).to(exact), scale.view(shape).to(exact)
        sums = gradient.sum((2, 3), dtype=exact)
        along = ((gradient * features).sum((2, 3), dtype=exact) - mean * sums) * scale
        slope = scale if weight is None else scale * weight.to(exact)
        turn = -slope * scale * along / area
        slope, turn, constant = (
            value.to(features.dtype)[..., None, None] for value in (slope, turn, -slope * sums / area - turn * mean)
        )
        inner = torch.addcmul(torch.addcmul(constant, gradient, slope), features, turn)
        if weight is None or bias is None:
            return inner, None, None, None
        return inner, along.sum(0).to(weight.dtype), sums.sum(0).to(bias.dtype), None


def _differentiable(
    features: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, gradient: Tensor
) -> list[Tensor | None]:
    """The same gradient by PyTorch's formulas, which have a gradient themselves (R1 asks for one)."""
    given = [features, weight, bias]
    wanted = [tensor for tensor in given if tensor is not None and tensor.requires_grad]
    out = group_norm(features, features.shape[1], weight, bias, eps)
    found = iter(torch.autograd.grad(out, wanted, gradient, create_graph=True))
    return [next(found) if tensor is not None and tensor.requires_grad else None for tensor in given]
