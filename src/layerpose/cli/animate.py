"""Photo + motion -> video on disk: the command `animate`."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from layerpose.cli.console import busy, progress, say
from layerpose.cli.options import NetworksAndEngine
from layerpose.cli.people import Person, showing
from layerpose.cli.transfer import KEEP, Also, comment_of, find_others, find_person

if TYPE_CHECKING:
    from layerpose.runtime.cluster import Cluster
    from layerpose.video.shooting import Shooting
    from layerpose.video.store import FrameStore


def animate(
    photo: tyro.conf.Positional[Path],
    /,
    *,
    motion: Annotated[str, tyro.conf.arg(aliases=("-m",), metavar="MOTION")],
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="VIDEO")],
    person: Person = None,
    complete: bool = False,
    also: Also = (),
    fps: Annotated[float | None, tyro.conf.arg(metavar="RATE")] = None,
    size: Annotated[int | None, tyro.conf.arg(metavar="PIXELS")] = None,
    range: Annotated[str | None, tyro.conf.arg(metavar="FIRST:END")] = None,
    camera: Literal["fixed", "follow", "turntable"] = "fixed",
    background: Annotated[str, tyro.conf.arg(aliases=("-b",), metavar="keep|COLOUR|IMAGE|transparent")] = KEEP,
    shadow: bool = True,
    sheet: Annotated[Path | None, tyro.conf.arg(aliases=("-s",), metavar="PNG")] = None,
    networks: NetworksAndEngine,
    ray: Annotated[str | None, tyro.conf.arg(metavar="ADDRESS")] = None,
) -> None:
    """Let the person of a photo perform a motion. An interrupted run goes on where it stopped.

    Args:
        photo: A photo of a person, best whole.
        motion: A motion file (.bvh, .fbx, .glb, .npz ...), a video, a folder, or walk, run, wave, dance or turn.
        out: What to write: .mp4 (H.264), .webm (VP9), .webp, or a folder of PNG frames (a name without suffix).
        person: Of several people one: the number from left to right, a place in the photo (x,y), or the largest.
        complete: Of someone whom the photo's edge cuts draw all, what is not shown as people usually look.
        also: More photos of the same person in the same clothes, from other sides: the best seen wins at every point.
        fps: Frames a second; without it the motion's own rate, at most 30.
        size: Side of the frames in pixels; without it the model's largest (1024).
        range: Only these frames of the motion, counted from 0 at its own rate; END is not included.
        camera: Stands still and sees everything; follows the person; or goes round the person once.
        background: The photo's own with the person's place filled in, a colour, a picture, or none at all.
        shadow: With --background keep, the person's shadow moves with them; with --no-shadow it stays as it is.
        sheet: Also write a contact sheet: source, poses and results; where it is not clear who is meant, the numbers.
        networks: Which networks draw, where, and what runs them.
        ray: Draw on a Ray cluster, which has to see the same disk: local, auto or HOST:PORT.
    """
    with busy("Starting"):
        from threadpoolctl import threadpool_limits

        from layerpose.inputs.motions import resolve_motion
        from layerpose.media.outputs import check_output
        from layerpose.media.pictures import read_photo, write_png
        from layerpose.motion.filming import film
        from layerpose.runtime.cluster import Cluster, connected
        from layerpose.runtime.locks import alone_in
        from layerpose.runtime.workers import by_one_thread
        from layerpose.scene.backdrop import TRANSPARENT, check_backdrop, find_backdrop
        from layerpose.video.contact import draw_contact
        from layerpose.video.encode import check_video, write_video
        from layerpose.video.shooting import Shooting, choose_workers
        from layerpose.video.store import open_store, work_folder

    inputs = [photo, *also, Path(motion), Path(background)]
    check_video(out, transparent=background == TRANSPARENT, inputs=inputs)
    check_output(sheet, ".png", inputs=[*inputs, out])
    check_backdrop(background)
    if complete and background == KEEP:
        raise ValueError("--complete draws what lies beyond the photo; choose another --background than keep")
    picture = read_photo(photo)
    with ExitStack() as held, connected(ray):
        with busy("Reading the motion"):
            moved = resolve_motion(motion, frames=range, fps=fps)
        model = networks.load(size)
        seen = find_person(picture, showing(partial(model.look, person=person, whole=complete), sheet))
        others = find_others(also, model.look)
        with busy("Setting the scene"):
            if model.device.type == "cpu":  # as each frame is drawn: threads would wait longer than they work
                held.enter_context(by_one_thread())
                held.enter_context(threadpool_limits(1, user_api="blas"))
            shooting = Shooting(
                model=model, view=model.view(seen, others), film=film(moved, seen.body, camera, framed=bool(seen.cut)),
                backdrop=find_backdrop(background, picture, seen, shadow=shadow),
            )  # fmt: skip
            held.enter_context(alone_in(work_folder(out)))
            store = open_store(out, key=shooting.key(), num_frames=moved.num_frames, comment=comment_of(model, seen))
        on_gpu, shared = model.device.type == "cuda", store.folder.resolve()
        _shoot(shooting, store, Cluster(shared=shared, gpu=on_gpu) if ray else choose_workers(model.device))
        written = [out]
        if sheet is not None:
            write_png(draw_contact(seen, shooting.film, store), sheet, comment=comment_of(model, seen))
            written.append(sheet)
        with busy("Encoding"):
            write_video(store, out, fps=moved.fps)
    say(f"Wrote {', '.join(map(str, written))}: {moved.num_frames} frames, {moved.num_frames / moved.fps:.1f} s")


def _shoot(shooting: Shooting, store: FrameStore, workers: int | Cluster) -> None:
    from layerpose.video.shooting import shoot_all

    there = store.num_frames - len(store.missing())
    if there:
        say(f"Going on: {there} of {store.num_frames} frames are there already ({store.folder})")
    with progress("Frames", "frames") as report:
        shoot_all(shooting, store, report, workers=workers)
