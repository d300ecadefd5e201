"""A picture with a hole + where likest patches may be -> better ones; what they say; colours led inwards. In Warp.

`places` are rows and columns, `found` the rows and columns of what is likest, -1 where nothing was looked for. On a CPU
there is one thread after the other: what one place has found the next one hears of.
"""

from __future__ import annotations

import warp as wp

REACH, PIXELS = wp.constant(3), wp.constant(49)
"""A patch has so many pixels each way from its middle, and so many in all."""
FAINTEST, LEAST_TRUST = wp.constant(1.0e-6), wp.constant(1.0e-3)
"""Of what a patch says at least so much counts."""
DOWN, ACROSS = wp.constant(3.0e4), wp.constant(5.0e3)
"""What it costs to copy from elsewhere, a pixel of the patch: so much times the square of the way, as a share of the
picture's height and width. Walls, floors and horizons lie across, so what is at the same height is likely."""


@wp.func
def cost_of(
    image: wp.array3d(dtype=wp.float32), trust: wp.array2d(dtype=wp.float32), row: int, column: int, to_row: int,
    to_column: int, limit: float,
):  # fmt: skip
    """Squared difference of two patches, by the trust in the first, and the way; `limit` if it would be more."""
    far_down = float(to_row - row) / float(image.shape[0])
    far_across = float(to_column - column) / float(image.shape[1])
    found = float(PIXELS) * (DOWN * far_down * far_down + ACROSS * far_across * far_across)
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            weight = trust[row + down, column + right]
            if weight > 0.0:
                for k in range(3):
                    off = image[row + down, column + right, k] - image[to_row + down, to_column + right, k]
                    found += weight * off * off
        if found >= limit:
            return limit
    return found


@wp.func
def colour_at(image: wp.array3d(dtype=wp.float32), row: int, column: int):
    """Three numbers; beyond the picture, those of its edge."""
    row = wp.clamp(row, 0, image.shape[0] - 1)
    column = wp.clamp(column, 0, image.shape[1] - 1)
    return wp.vec3(image[row, column, 0], image[row, column, 1], image[row, column, 2])


@wp.kernel
def search(
    image: wp.array3d(dtype=wp.float32),
    trust: wp.array2d(dtype=wp.float32),
    known: wp.array2d(dtype=wp.uint8),
    places: wp.array2d(dtype=wp.int32),
    way: int,
    radius: float,
    seed: int,
    found: wp.array3d(dtype=wp.int32),
    cost: wp.array2d(dtype=wp.float32),
):
    """One thread a place: is what its neighbours found, or something by chance, likest? `found`: row and column."""
    number = wp.tid()
    row = places[number, 0]
    column = places[number, 1]
    best_row = found[row, column, 0]
    best_column = found[row, column, 1]
    best = cost_of(image, trust, row, column, best_row, best_column, 1.0e30)
    for side in range(2):
        beside_row = row - way * (1 - side)
        beside_column = column - way * side
        if found[beside_row, beside_column, 0] > 0:
            to_row = found[beside_row, beside_column, 0] + way * (1 - side)
            to_column = found[beside_row, beside_column, 1] + way * side
            if known[to_row, to_column] > wp.uint8(0):
                price = cost_of(image, trust, row, column, to_row, to_column, best)
                if price < best:
                    best = price
                    best_row = to_row
                    best_column = to_column
    state = wp.rand_init(seed, number)
    reach = radius
    while reach >= 1.0:
        to_row = best_row + int(wp.round(wp.randf(state, -reach, reach)))
        to_column = best_column + int(wp.round(wp.randf(state, -reach, reach)))
        to_row = wp.clamp(to_row, 0, image.shape[0] - 1)
        to_column = wp.clamp(to_column, 0, image.shape[1] - 1)
        if known[to_row, to_column] > wp.uint8(0):
            price = cost_of(image, trust, row, column, to_row, to_column, best)
            if price < best:
                best = price
                best_row = to_row
                best_column = to_column
        reach = reach * 0.5
    found[row, column, 0] = best_row
    found[row, column, 1] = best_column
    cost[row, column] = best


@wp.kernel
def vote(
    image: wp.array3d(dtype=wp.float32),
    places: wp.array2d(dtype=wp.int32),
    found: wp.array3d(dtype=wp.int32),
    cost: wp.array2d(dtype=wp.float32),
    trust: wp.array2d(dtype=wp.float32),
    scale: float,
    filled: wp.array3d(dtype=wp.float32),
    steps: wp.array3d(dtype=wp.float32),
):
    """One thread a pixel: the mean of what the patches over it say, good ones first; and the steps to the next ones.

    `steps`: by how much red, green, blue rise to the pixel below, and to the one on the right.
    """
    number = wp.tid()
    row = places[number, 0]
    column = places[number, 1]
    total = float(0.0)  # noqa: UP018 (a variable for Warp)
    said = wp.vec3(0.0, 0.0, 0.0)
    below = wp.vec3(0.0, 0.0, 0.0)
    beside = wp.vec3(0.0, 0.0, 0.0)
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            at_row = wp.clamp(row + down, 0, image.shape[0] - 1)
            at_column = wp.clamp(column + right, 0, image.shape[1] - 1)
            if found[at_row, at_column, 0] > 0:
                weight = wp.exp(-cost[at_row, at_column] * scale) + FAINTEST
                weight *= trust[at_row, at_column] + LEAST_TRUST
                from_row = found[at_row, at_column, 0] - (at_row - row)
                from_column = found[at_row, at_column, 1] - (at_column - column)
                here = colour_at(image, from_row, from_column)
                total += weight
                said += weight * here
                below += weight * (colour_at(image, from_row + 1, from_column) - here)
                beside += weight * (colour_at(image, from_row, from_column + 1) - here)
    for k in range(3):
        filled[row, column, k] = said[k] / total
        steps[row, column, k] = below[k] / total
        steps[row, column, 3 + k] = beside[k] / total


@wp.kernel
def relax(
    wanted: wp.array3d(dtype=wp.float32),
    hold: float,
    counts: wp.array2d(dtype=wp.float32),
    places: wp.array2d(dtype=wp.int32),
    error: wp.array3d(dtype=wp.float32),
):
    """One thread a pixel: the mean of those of its four neighbours that count, and what is wanted beyond that."""
    number = wp.tid()
    row = places[number, 0]
    column = places[number, 1]
    above = wp.max(row - 1, 0)
    left = wp.max(column - 1, 0)
    below = wp.min(row + 1, error.shape[0] - 1)
    right = wp.min(column + 1, error.shape[1] - 1)
    up = counts[above, column]
    west = counts[row, left]
    low = counts[below, column]
    east = counts[row, right]
    all = hold + up + west + low + east
    for k in range(3):
        near = up * error[above, column, k] + low * error[below, column, k]
        near += west * error[row, left, k] + east * error[row, right, k]
        error[row, column, k] = (wanted[row, column, k] + near) / all
