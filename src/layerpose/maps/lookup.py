"""Body points + a photo of the body -> their colours and normals where that photo shows them better than others do.

A kernel in Warp, like the rasteriser: one pass over the pixels instead of twenty over whole pictures.
"""

from __future__ import annotations

import warp as wp


@wp.kernel
def take_better(
    points: wp.array3d(dtype=wp.float32),
    part: wp.array2d(dtype=wp.int32),
    shown: wp.array2d(dtype=wp.int32),
    depth: wp.array2d(dtype=wp.float32),
    image: wp.array3d(dtype=wp.float32),
    tolerance: float,
    least: float,
    quality: wp.array2d(dtype=wp.float32),
    colour: wp.array3d(dtype=wp.float32),
    normal: wp.array3d(dtype=wp.float32),
):
    """One thread a pixel: place in the photo (canvas units, depth), quality and normal of its point; what was better.

    A point is shown where the photo shows its part, no farther than `tolerance` (metres) behind the surface there.
    """
    row, column = wp.tid()
    own = part[row, column]
    if own <= 0:
        return
    found = wp.max(points[row, column, 3], least)
    if found <= quality[row, column]:
        return
    height = image.shape[1]
    width = image.shape[2]
    x = points[row, column, 0] * float(width)
    y = points[row, column, 1] * float(height)
    if x < 0.0 or y < 0.0 or x >= float(width) or y >= float(height):
        return
    left = int(wp.floor(x))
    top = int(wp.floor(y))
    if shown[top, left] != own or points[row, column, 2] > depth[top, left] + tolerance:
        return
    quality[row, column] = found
    for k in range(3):
        normal[row, column, k] = points[row, column, 4 + k]
    x = wp.clamp(x - 0.5, 0.0, float(width - 1))
    y = wp.clamp(y - 0.5, 0.0, float(height - 1))
    left = wp.min(int(wp.floor(x)), width - 2)
    top = wp.min(int(wp.floor(y)), height - 2)
    across = x - float(left)
    down = y - float(top)
    for k in range(3):
        above = (1.0 - across) * image[k, top, left] + across * image[k, top, left + 1]
        below = (1.0 - across) * image[k, top + 1, left] + across * image[k, top + 1, left + 1]
        colour[k, row, column] = (1.0 - down) * above + down * below
