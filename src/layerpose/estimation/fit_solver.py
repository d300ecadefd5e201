"""Levenberg-Marquardt with a Jacobian by batched finite differences: one batch of perturbed bodies for each step."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from layerpose.estimation.fit_model import CAMERA_COLUMNS, NUM_PARAMETERS, NUM_POSE, SHAPE_COLUMNS
from layerpose.estimation.fit_problem import SHAPE_HIGH, SHAPE_LOW, Problem

DAMPING = 1e-2
LARGEST_TURN_RAD = 0.5
SMALLEST_STEP = 1e-4
POSE = np.arange(CAMERA_COLUMNS.stop)
"""Columns of pose and camera."""
EVERYTHING = np.arange(NUM_PARAMETERS)


def _steps() -> Float[np.ndarray, "63"]:
    steps = np.full(NUM_PARAMETERS, 1e-5)
    steps[SHAPE_COLUMNS] = 1e-3
    return steps


def minimise(
    problem: Problem, parameters: Float[np.ndarray, "63"], columns: Int[np.ndarray, "n"], *, num_steps: int
) -> Float[np.ndarray, "63"]:
    """Move the chosen columns until the steps are tiny or used up."""
    for _ in range(num_steps):
        step = _step(problem, parameters, columns)
        parameters = parameters.copy()
        parameters[columns] += step
        parameters[SHAPE_COLUMNS] = np.clip(parameters[SHAPE_COLUMNS], SHAPE_LOW, SHAPE_HIGH)
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return parameters


def _step(
    problem: Problem, parameters: Float[np.ndarray, "63"], columns: Int[np.ndarray, "n"]
) -> Float[np.ndarray, "n"]:
    steps = _steps()[columns]
    steps = np.where(parameters[columns] + steps > _highest()[columns], -steps, steps)
    batch = np.tile(parameters, (len(columns) + 1, 1))
    batch[np.arange(1, len(batch)), columns] += steps
    residuals = problem.residuals(batch)
    jacobian = (residuals[1:] - residuals[0]) / steps[:, None]
    normal = jacobian @ jacobian.T
    normal[np.diag_indices_from(normal)] *= 1 + DAMPING
    normal[np.diag_indices_from(normal)] += 1e-9
    step = -np.linalg.solve(normal, jacobian @ residuals[0])
    turns = np.abs(step[columns < NUM_POSE])
    return step * min(1.0, LARGEST_TURN_RAD / max(turns.max(initial=0), 1e-12))


def _highest() -> Float[np.ndarray, "63"]:
    highest = np.full(NUM_PARAMETERS, np.inf)
    highest[SHAPE_COLUMNS] = SHAPE_HIGH
    return highest
