"""Can each compared system learn at all? A few pairs by heart: ``python benchmarks/overfit.py DATA --lpips WEIGHTS``.

Published sizes by default (256 x 256; a GPU or many hours); ``--size`` and ``--width`` make it smaller. Ends when LPIPS
on the box of the person, a mean over the pairs, is below 0.1. A line each time it looks, a row of a table at the end.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from layerpose.baselines.inputs import input_config, prepare_bodies
from layerpose.baselines.registry import BASELINES, Baseline
from layerpose.data.pairs import Pairs, Sample
from layerpose.data.records import Records
from layerpose.evaluation.lpips import Lpips
from layerpose.networks.perceptual import Vgg19
from layerpose.runtime.cache import writing
from layerpose.stages.conditions import collate

ENOUGH = 0.1
SMALLEST_BOX = 64


def distances(metric: Lpips, images: Tensor, samples: list[Sample]) -> tuple[float, float]:
    """Mean LPIPS over the whole frame and over the box of the person."""
    whole, boxed = [], []
    for image, sample in zip(images.split(1), samples, strict=True):
        rows, columns = (box(sample.mask.amax(axis)[0, 0]) for axis in (3, 2))
        whole.append(float(metric(image, sample.target)))
        boxed.append(float(metric(image[..., rows, columns], sample.target[..., rows, columns])))
    return sum(whole) / len(whole), sum(boxed) / len(boxed)


def box(shown: Tensor) -> slice:
    """From the first to the last place that shows the person, at least as long as LPIPS needs."""
    places = torch.nonzero(shown > 0.5).flatten()
    low, high = int(places[0]), int(places[-1]) + 1
    low = max(min(low, (low + high - SMALLEST_BOX) // 2), 0)
    return slice(low, max(high, low + SMALLEST_BOX))


@torch.no_grad()
def draw(networks: torch.nn.Module, samples: list[Sample]) -> Tensor:
    networks.eval()
    images = torch.cat([networks(sample.conditions) for sample in samples])
    networks.train()
    return images


def learn(baseline: Baseline, samples: list[Sample], metric: Lpips, given: argparse.Namespace) -> str:
    torch.manual_seed(given.seed)
    generator = torch.Generator().manual_seed(given.seed)
    networks, vgg = baseline.make(baseline.config), Vgg19(baseline.deepest_tap)
    rate = given.learning_rate or baseline.learning_rate
    maker, judge = (
        torch.optim.Adam(part.parameters(), lr=rate, betas=(0.5, 0.999))
        for part in (networks.generator, networks.discriminator)
    )
    begin, step, batch = time.monotonic(), 0, min(baseline.batch, len(samples))
    looks = max(given.look_every // batch, 1)
    while True:
        if step % looks == 0:
            images = draw(networks, samples)
            whole, boxed = distances(metric, images, samples)
            seconds = time.monotonic() - begin
            print(
                f"{baseline.name}: {step} steps, {seconds:.0f} s, LPIPS {whole:.4f}, of the person {boxed:.4f}",
                flush=True,
            )
            if boxed < ENOUGH or seconds > 60 * given.minutes:
                break
        chosen = collate([samples[i] for i in torch.randperm(len(samples), generator=generator)[:batch].tolist()])
        terms, image = baseline.generator_terms(networks, vgg, chosen)
        maker.zero_grad()
        sum(term.weight * term.value for term in terms).backward()
        maker.step()
        judge.zero_grad()
        sum(term.weight * term.value for term in baseline.discriminator_terms(networks, chosen, image)).backward()
        judge.step()
        step += 1
    if given.sheet:
        write_sheet(images, samples, given.sheet.with_stem(f"{given.sheet.stem}-{baseline.name}"))
    millions = sum(p.numel() for p in networks.generator.parameters()) / 1e6
    return f"| {baseline.name} | {millions:.1f} M | {step} x {batch} | {seconds:.0f} s | {whole:.4f} | {boxed:.4f} |"


def write_sheet(images: Tensor, samples: list[Sample], path: Path) -> None:
    rows = [
        torch.cat([sample.conditions.source[0], image, sample.target[0]], dim=2)
        for image, sample in zip(images, samples, strict=True)
    ]
    pixels = ((torch.cat(rows, dim=1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    with writing(path) as temporary:
        Image.fromarray(pixels).save(temporary)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--lpips", type=Path, required=True, help="lpips_alex_v01.pt")
    parser.add_argument("--model", choices=BASELINES, help="one system; all without it")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--width", type=int, help="channels at full resolution, of the discriminators too")
    parser.add_argument("--learning-rate", type=float, help="instead of the published one")
    parser.add_argument("--minutes", type=float, default=600, help="give up after so many for each system")
    parser.add_argument("--look-every", type=int, default=40, help="pictures between two looks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sheet", type=Path, help="write source, result and truth of every pair to this PNG")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    records, config = Records(given.data), input_config(given.size)
    pairs = Pairs(
        records, records.split("train"), config, length=given.pairs, seed=given.seed, disturb=False,
        prepare=prepare_bodies,
    )  # fmt: skip
    samples, metric = [pairs[index] for index in range(given.pairs)], Lpips(given.lpips)
    sources = torch.cat([sample.conditions.source for sample in samples])
    rows = ["| system | generator | steps | time | LPIPS | LPIPS of the person |", "|---" * 6 + "|"]
    copied = distances(metric, sources, samples)
    rows.append(f"| source copied | | | | {copied[0]:.4f} | {copied[1]:.4f} |")
    for name in [given.model] if given.model else BASELINES:
        baseline = BASELINES[name]
        if given.width:
            sizes = replace(baseline.config, width=given.width, discriminator_width=given.width)
            baseline = replace(baseline, config=sizes)
        rows.append(learn(baseline, samples, metric, given))
    print(f"\n{given.pairs} pairs of {given.data.name}, {given.size} px, seed {given.seed}, {given.threads} threads\n")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
