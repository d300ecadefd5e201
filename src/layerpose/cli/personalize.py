"""A short clip of one person -> a model that knows this person: the command `personalize`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from layerpose.cli.console import Pace, busy, is_terminal, progress, say
from layerpose.cli.evaluate import LPIPS_FILE
from layerpose.cli.options import Device, NetworkOptions

if TYPE_CHECKING:
    from layerpose.training.held_back import HeldBack
    from layerpose.training.personal import Place

DATA, SHEET = "data", "before-after.png"
BUNDLED = "base"
LINE_SECONDS = 20


def personalize(
    source: tyro.conf.Positional[Path],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="MODEL")],
    base: Annotated[str, tyro.conf.arg(metavar="base|FOLDER")] = BUNDLED,
    person: Annotated[str | None, tyro.conf.arg(metavar="NUMBER")] = None,
    minutes: float = 25.0,
    steps: int | None = None,
    size: int = 512,
    learning_rate: float | None = None,
    pull: float | None = None,
    seed: int = 0,
    workers: int = 1,
    lpips: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    device: Device = "auto",
) -> None:
    """Teach a model one person from a short clip, in minutes; its weights are held near where they started from.

    The frames stay in the model's folder as an album: a pose is drawn from those that are closest to it. A fifth is
    held back: on them the model is measured before and after, and MODEL/before-after.png shows both. A run that was
    stopped goes on where it was. Use the model with --weights MODEL.

    Args:
        source: A data set as `layerpose prepare` makes it, a video of one person, or a folder of photos of one person.
        out: The model's folder.
        base: The model to start from: `base`, the bundled one, or a model folder.
        person: Whom to learn, where the data set holds several people.
        minutes: How long to train; as many steps are taken as fit, by the pace of the first half.
        steps: Take exactly so many steps instead.
        size: Side of the pictures in pixels while training: the model's largest, half or a quarter of it.
        learning_rate: How far a weight may move in one step at most.
        pull: How strongly weights are held where they started from; 0 for not at all.
        seed: Another seed, another order of the frames.
        workers: Processes that prepare frames.
        lpips: The weights of LPIPS, for measuring; without it lpips_alex_v01.pt in the cache folder, if it is there.
        device: Where the networks run.
    """
    _check(out, source, minutes, steps)
    with busy("Starting"):
        from layerpose.data.album.opening import keep_album, open_albums
        from layerpose.runtime.cache import cache_dir
        from layerpose.runtime.locks import alone_in
        from layerpose.runtime.making import keep_making
        from layerpose.stages.model_folder import save_model
        from layerpose.training.held_back import draw_held_back
        from layerpose.training.personal import STATE, Minutes, PersonalRecipe, Steps, personalise
    changes = {"size": size, "learning_rate": learning_rate, "pull": pull}
    recipe = PersonalRecipe(**{key: value for key, value in changes.items() if value is not None})
    model = NetworkOptions(weights=None if base == BUNDLED else Path(base), device=device).load().model
    _check_size(size, model.config.canvas)
    metric = lpips or (cache_dir() / LPIPS_FILE if (cache_dir() / LPIPS_FILE).is_file() else None)
    is_new = not out.exists()
    out.mkdir(exist_ok=True)
    with alone_in(out):
        try:
            learnt, held = open_albums(_find_data(source, out, workers), person)
            if learnt.canvas < size:
                raise ValueError(
                    f"the pictures are {learnt.canvas} pixels, but --size is {size}; use --size {size // 2}"
                )
        except BaseException:
            if is_new and not any(out.iterdir()):
                out.rmdir()
            raise
        making = {"source": str(source), "base": base, "person": learnt.owner, "seed": seed, "size": size}
        keep_making(out / "run.json", making)
        with progress("Drawing the held-back frames", "pairs") as report:
            before = draw_held_back(model, held, size, metric, report)
        with _lines() as told:
            length = Minutes(minutes) if steps is None else Steps(steps)
            taken = personalise(model, learnt, out, recipe, length, told, seed=seed, workers=workers)
        with progress("Drawing the held-back frames", "pairs") as report:
            after = draw_held_back(model, held, size, metric, report, known=learnt)
        facts = {**making, "steps": taken, "held back": {"before": before.figures, "after": after.figures}}
        keep_album(learnt, out)
        _draw(out / SHEET, before, after)
        save_model(model, out, facts=facts)
        (out / STATE).unlink(missing_ok=True)
        for figure, value in before.figures.items():
            say(f"{figure}, held-back frames: {value:.4f} before, {after.figures[figure]:.4f} after")
        say(f"Wrote {out} after {taken} steps; look at {out / SHEET}, and use it with --weights {out}")


def _check(out: Path, source: Path, minutes: float, steps: int | None) -> None:
    from layerpose.media.outputs import check_output_folder

    check_output_folder(out)
    if (out / "config.json").exists() and not (out / "state.pt").exists():
        raise ValueError(f"{out} holds a finished model; choose a new folder")
    if not source.exists():
        raise ValueError(f"there is no {source}; expected a data set, a video, or a folder of photos of one person")
    if minutes <= 0 or (steps is not None and steps < 1):
        raise ValueError(f"--minutes is {minutes:g} and --steps {steps}; expected more than 0")


def _check_size(size: int, canvas: int) -> None:
    if size not in (canvas, canvas // 2, canvas // 4):
        raise ValueError(f"--size is {size}; expected {canvas // 4}, {canvas // 2} or {canvas}")


def _find_data(source: Path, out: Path, workers: int) -> Path:
    """The data set; made first, in the model's folder, where a video or photos were given."""
    if (source / "dataset.json").is_file():
        return source
    from layerpose.data.footage.candidates import Order
    from layerpose.data.footage.prepare import prepare

    with progress("Preparing the person", "people") as report:
        outcomes = prepare(out / DATA, [source], Order(), workers=max(workers, 1), report=report)
    if outcomes[0].problem:
        raise ValueError(outcomes[0].problem)
    return out / DATA


def _draw(file: Path, before: HeldBack, after: HeldBack) -> None:
    """A row for every two pairs: source, before, after, truth."""
    from layerpose.media.pictures import image_to_picture, write_png
    from layerpose.sheets.transfer import grid

    cells = [
        (title, image_to_picture(image))
        for row in zip(before.sources, before.images, after.images, after.targets, strict=True)
        for title, image in zip(("source", "before", "after", "truth"), row, strict=True)
    ]
    write_png(grid(cells, 8, 256), file, comment="Held-back frames before and after layerpose personalize.")


@contextmanager
def _lines() -> Iterator[Callable[[Place], None]]:
    """A bar on stderr; a line now and then on stdout where there is no terminal."""
    if not is_terminal():
        yield partial(_say_place, Pace(LINE_SECONDS))
        return
    from layerpose.cli.bars import learning_bars

    with learning_bars() as bar:
        task = bar.add_task("Learning", total=None, losses="")

        def report(place: Place) -> None:
            bar.update(task, completed=place.step, total=place.num_steps, losses=f"loss {place.loss:.3g}")

        yield report


def _say_place(pace: Pace, place: Place) -> None:
    """One line every few seconds."""
    if pace.find("learning", place.step) is not None:
        say(f"step {place.step} of {place.num_steps or 'as many as fit'}, loss {place.loss:.4g}")
