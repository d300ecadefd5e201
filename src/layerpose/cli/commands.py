"""A word -> the command: where each is, and its sentence. All that --help needs, so that it is there at once."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

ABOUT = "One photo of a person and one target pose in; a picture of that person in that pose out."
INDENT = 15
WIDEST = 100


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command, not yet loaded."""

    home: str
    """Module and function."""
    title: str
    """The first paragraph of its docstring; a test compares the two."""

    def load(self) -> Callable[..., None]:
        """The function."""
        module, _, name = self.home.partition(":")
        return getattr(import_module(f"layerpose.cli.{module}"), name)


COMMANDS = {
    name: Command(home=home, title=title)
    for name, home, title in (
        ("demo", "transfer:demo",
         "Transfer the bundled example person to poses of the library; writes out/demo.png and out/demo-sheet.png."),
        ("transfer", "transfer:transfer",
         "Draw the person of a photo in another pose, 1024 x 1024, or with --background keep in the photo itself."),
        ("animate", "animate:animate",
         "Let the person of a photo perform a motion. An interrupted run goes on where it stopped."),
        ("fit", "transfer:fit",
         "Fit the body to the person of a photo and write it as a pose file, a textured body, or for other "
         "programs."),
        ("convert", "convert:convert",
         "Write a pose or a motion in another format, as other programs read it (docs/motion-files.md)."),
        ("maps", "maps:maps",
         "Write the maps of a pose or a motion as other generators take them: parts, depth, normals, points, "
         "OpenPose."),
        ("layers", "layers:layers",
         "Draw a person in a pose and write the five complete layers, to be edited and put together again by "
         "`fuse`."),
        ("fuse", "layers:fuse",
         "Draw the fusion anew with edited layers: what was painted shows at its place on the body, in any pose."),
        ("studio", "studio:studio",
         "Pose the person of a photo by hand, in the browser; nothing leaves this computer. Ctrl-C stops."),
        ("serve", "serve:serve",
         "Answer other programs: POST /v1/transfer, /v1/fit, /v1/maps, /v1/animate (docs/serve.md). Ctrl-C stops."),
        ("export", "export:export",
         "Write a model's networks as ONNX, for programs other than this one, beside a copy of its weights."),
        ("augment", "augment:augment",
         "Make training data: the people of photos in new poses, with keypoints, parts, boxes and joints in space "
         "(COCO)."),
        ("body", "body:body",
         "Show the body in a pose: picture, parts, depth and skeleton side by side."),
        ("synth", "synth:synth",
         "Make dressed, textured, lit people in many poses, with exact bodies: data for training and for "
         "measuring."),
        ("pack", "synth:pack",
         "Pack a data set into tar shards (WebDataset layout), for large sets and many machines; reads like the "
         "original."),
        ("prepare", "prepare:prepare",
         "Make a data set from videos, one person each, or folders with photos of one person: data like that of "
         "`synth`."),
        ("import", "public:import_data",
         "Turn DeepFashion or Human3.6M, which you have, into a data set for `train` and `evaluate`: bodies are "
         "fitted."),
        ("train", "train:train",
         "Train a model. The same command again goes on where the last one stopped, bit for bit on a CPU."),
        ("personalize", "personalize:personalize",
         "Teach a model one person from a short clip, in minutes; its weights are held near where they started "
         "from."),
        ("evaluate", "evaluate:evaluate",
         "Measure a model on a data set: SSIM, LPIPS and PSNR of every stage and of the trivial baselines, OSA of "
         "the result."),
        ("compare", "compare:compare",
         "Train the paper's system, ours and those it compares with under one budget, and print Tables II and IV."),
        ("flicker", "flicker:flicker",
         "Measure how much neighbouring frames of `animate` differ beyond what the body's motion explains."),
        ("study", "study:study",
         "Serve a page on which people choose among each report's results, unnamed and shuffled, beside source and"
         " pose."),
        ("study-export", "study:study_export",
         "Write Table I: how often each method was the favourite, with 95 % intervals. The study may be running."),
        ("doctor", "doctor:doctor",
         "Say what a report of a fault needs: versions, processor, engines, caches, timings."),
    )
}  # fmt: skip


def list_commands() -> str:
    """What `layerpose --help` prints."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    wrap = textwrap.TextWrapper(width=width, subsequent_indent=" " * INDENT, break_long_words=False)
    wrap.break_on_hyphens = False
    lines = [wrap.fill(f"  {name:{INDENT - 3}} {command.title}") for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: layerpose COMMAND ...\n",
            f"{ABOUT}\n",
            "commands:",
            *lines,
            "\nlayerpose COMMAND --help lists what a command takes; layerpose --version says which release this is.",
        ]
    )
