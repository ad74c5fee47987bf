"""What the naive loop draws after the same minutes: python benchmarks/speed/quality.py OUT --dataset folder:PATH --size 64.

Trains the naive WGAN-GP loop (naive.py) with the networks and settings that popular repositories give it, on one thread, for
minutes of processor time, so that other work on the machine does not count against it. Then draws one image for each training
image into the folder OUT. Score them as any folder, and the default model beside them:

    zoo eval OUT --dataset folder:PATH --size 64
    zoo bench --dataset folder:PATH --size 64 --minutes 20 --threads 1
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import naive
import networks
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from zoo_bench.data.load import load_images
from zoo_core.interfaces import Condition
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_train.plan import plan

BATCH = 64


def trained(images: Tensor, seconds: float) -> tuple[nn.Module, int]:
    """A generator after that much processor time of the naive loop, and its iterations.

    images  (N, 3, S, S) in [-1, 1], S a power of two. They are shuffled once in the time that an epoch takes.
    """
    size = images.shape[-1]
    generator, critic = networks.Dcgan(size), networks.dcgan_critic(size)
    for layer in (*generator.modules(), *critic.modules()):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0, 0.02)  # what these repositories start from
    shuffled = images.clone()
    iteration = naive.wgan_gp(generator, critic, shuffled, BATCH)
    started, done = time.process_time(), 0
    while time.process_time() - started < seconds:
        if done % max(1, len(images) // (5 * BATCH)) == 0:
            shuffled.copy_(images[torch.randperm(len(images))])
        iteration()
        done += 1
    return generator, done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dataset", default="creatures")
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.out.mkdir(parents=True)
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    catalog = discover()
    found = load_images(plan(catalog, model="wgan_gp", dataset=given.dataset, size=given.size, budget=Budget(steps=1)), catalog)
    pixels = torch.from_numpy(np.ascontiguousarray(found.pixels[~found.held_out]))
    images = pixels.permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
    generator, iterations = trained(images, 60 * given.minutes)
    with torch.no_grad():  # in training mode, as these repositories draw
        drawn = torch.cat([generator(torch.randn(BATCH, 100), Condition()) for _ in range(0, len(images), BATCH)])[
            : len(images)
        ]
    for number, image in enumerate(((drawn + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()):
        Image.fromarray(image).save(given.out / f"{number:05d}.png")
    print(f"{iterations} iterations of {5 * BATCH} images in {given.minutes} minutes; {len(images)} samples in {given.out}")


if __name__ == "__main__":
    main()
