"""Source view -> texture: what the photo shows of the person, laid out by the body's texture coordinates."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL.Image import Image
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from layerpose.body.model import body_model
from layerpose.maps.correspondence import Best, take_texture
from layerpose.maps.raster import draw, interpolate
from layerpose.maps.render import mesh
from layerpose.maps.source import SourceView
from layerpose.media.pictures import image_to_picture
from layerpose.types import MIRRORED_CLASSES, PARTS

SIZE = 1024
"""Side of the texture in pixels; the photo's canvas has no more to give."""


def bake_texture(view: SourceView, size: int = SIZE) -> Image:
    """Each body point's colour: from the photo that shows it best, else its mirror image's, else the one it is lent.

    Pixels between the patches continue the nearest one, so that no seam shows when it is drawn smaller.
    """
    model, topology, device = body_model(), mesh(view.shown.device), view.shown.device
    places = torch.as_tensor(model.uv * [size, -size] + [0, size], dtype=torch.float32, device=device)
    places = torch.nn.functional.pad(places, (0, 1))
    faces = torch.as_tensor(model.uv_faces, dtype=torch.int32, device=device)
    hit = draw(places, faces, topology.parts, num_parts=len(PARTS), height=size, width=size).nearest()
    part, vertex = hit.part + 1, torch.as_tensor(_vertex_of_coordinate(), device=device)

    def spread(attributes: Float[Tensor, "v c"]) -> Float[Tensor, "h w c"]:
        return interpolate(hit.triangle, places, faces, attributes[vertex])

    mirrored = torch.tensor(MIRRORED_CLASSES, device=device, dtype=part.dtype)[part.long()]
    own, other = Best(part), Best(mirrored)
    for photo in view.all:
        shown = torch.cat([photo.drawn.vertices, photo.quality[:, None], photo.drawn.normals], dim=1)
        own.consider(photo, spread(shown))
        if view.mirrored:
            other.consider(photo, spread(shown[topology.mirror]))
    colours = spread(view.colours).permute(2, 0, 1)[None]
    lent = take_texture(view, spread(view.lenders), colours, part, 1 / size)
    filled = torch.where(own.known, own.colour, torch.where(other.known, other.colour, lent))
    return image_to_picture(_continue(filled, part))


@lru_cache(maxsize=1)
def _vertex_of_coordinate() -> Int[np.ndarray, "t"]:
    """The vertex to which each texture coordinate belongs."""
    model = body_model()
    vertex = np.zeros(len(model.uv), dtype=np.int64)
    vertex[model.uv_faces.ravel()] = model.faces.ravel()
    return vertex


def _continue(image: Float[Tensor, "1 3 h w"], part: Int[Tensor, "h w"]) -> Float[Tensor, "1 3 h w"]:
    """Every pixel without a body point as the nearest one that has it."""
    found = distance_transform_edt(part.cpu().numpy() == 0, return_distances=False, return_indices=True)
    rows, columns = torch.as_tensor(np.asarray(found), device=image.device).long()
    return image[..., rows, columns]
