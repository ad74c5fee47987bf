"""Train the network of the extractor `sprites` and write its weights.

    python benchmarks/scripts/train_sprites.py

Deterministic: the same options and versions on the same machine give the same file. One thread.

The network learns three things about an image: which type and body a creature has, which fault was done to the image, and how
strong it is. Naming creatures alone would teach it to ignore faults, and a feature space that ignores faults cannot rank them.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import faults
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from zoo_bench.evaluation.sprites import SIZE, WEIGHTS, Sprites
from zoo_core.registry.catalog import discover

WHITE = (255, 255, 255)


def creatures(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """RGBA creatures (count, 4, 64, 64) uint8, and their types and bodies (count, 2).

    A third is drawn twice as large and averaged down: the soft edges of artwork beside the hard ones of pixel art. `seed` and
    `seed + 500` differ from the seeds of data that scores are computed on.
    """
    soft = count // 3
    hard, large = (_drawn(n, s, size) for n, s, size in ((count - soft, seed, SIZE), (soft, seed + 500, 2 * SIZE)))
    colour, alpha = large[0][:, :3].float(), large[0][:, 3:].float() / 255
    small = F.avg_pool2d(alpha, 2)
    mixed = F.avg_pool2d(colour * alpha, 2) / small.clamp(min=1e-6)
    pixels = torch.cat([hard[0], torch.cat([mixed, small * 255], 1).round().byte()])
    return pixels, torch.cat([hard[1], large[1]])


def _drawn(count: int, seed: int, size: int) -> tuple[Tensor, Tensor]:
    data = discover().make("dataset", "creatures", {"count": count, "seed": seed}).load(size, 4, ("type", "body"), WHITE)
    return torch.from_numpy(data.pixels).permute(0, 3, 1, 2), torch.from_numpy(data.labels)


def scene(rgba: Tensor, draw: np.random.Generator) -> Tensor:
    """A creature (4, H, W) in [0, 255], moved and on a background: (3, H, W). Half of them are left as they are drawn."""
    colour, alpha = rgba[:3], rgba[3:] / 255
    if draw.random() < 0.5:
        x, y = draw.uniform(-0.2, 0.2, 2)
        scale, flip = draw.uniform(0.7, 1.4), draw.choice([-1.0, 1.0])
        matrix = torch.tensor([[scale * flip, 0, x], [0, scale, y]], dtype=torch.float32)[None]
        grid = F.affine_grid(matrix, [1, 4, SIZE, SIZE], align_corners=False)
        moved = F.grid_sample(torch.cat([colour * alpha, alpha])[None], grid, align_corners=False)[0]
        colour, alpha = moved[:3] / moved[3:].clamp(min=1e-6), moved[3:]
    kind = draw.random()
    background = torch.full((3, 1, 1), 255.0)
    if kind < 0.15:
        background = torch.from_numpy(draw.uniform(0, 255, (3, 1, 1)).astype(np.float32))
    elif kind < 0.3:
        background = faults.texture(SIZE, draw)
    return (colour * alpha + background * (1 - alpha)).clamp(0, 255)


def example(rgba: Tensor, draw: np.random.Generator) -> tuple[Tensor, bool, int, float]:
    """An image, whether it shows a creature, the number of its fault and the fault's strength in [0, 1]."""
    shows = bool(draw.random() > 0.1)
    image = scene(rgba, draw) if shows else faults.texture(SIZE, draw)
    number = 0 if draw.random() < 0.25 else int(draw.integers(1, len(faults.NAMES)))
    low, high = faults.RANGES.get(faults.NAMES[number], (0.0, 1.0))
    strength = float(draw.random())
    return faults.apply(image, faults.NAMES[number], low + strength * (high - low), draw), shows, number, strength


def train(options: argparse.Namespace) -> tuple[Sprites, dict[str, float]]:
    torch.manual_seed(options.seed)
    draw = np.random.default_rng(options.seed)
    pixels, labels = creatures(options.count, options.seed)
    network, norm = Sprites(), nn.BatchNorm1d(320, affine=False, momentum=0.01)
    learned = [*network.parameters()]
    optimizer = torch.optim.AdamW(learned, lr=options.lr, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.lr, total_steps=options.steps, pct_start=0.1)
    start = time.monotonic()
    for step in range(options.steps):
        rows = draw.integers(0, len(pixels), options.batch)
        made = [example(pixels[row].float(), draw) for row in rows]
        images = torch.stack([image for image, *_ in made])
        shows, number = torch.tensor([m[1] for m in made]), torch.tensor([m[2] for m in made])
        strength = torch.tensor([m[3] for m in made])
        features = norm(network.pooled(images))
        kind, body = labels[rows].unbind(1)
        recoloured = number == faults.NAMES.index("colour")  # what type it was can no longer be told
        kind = torch.where(shows & ~recoloured, kind, -100)
        loss = F.cross_entropy(network.to_type(features), kind)
        loss = loss + F.cross_entropy(network.to_body(features), torch.where(shows, body, -100))
        loss = loss + F.cross_entropy(network.to_fault(features), number)
        guess = network.to_strength(features).gather(1, number[:, None])[:, 0]
        known = (number > 0) & ~recoloured
        loss = loss + 2 * F.smooth_l1_loss(guess[known], strength[known], beta=0.1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learned, 5.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == options.steps - 1:
            print(f"step {step} loss {loss.item():.3f} {time.monotonic() - start:.0f} s", flush=True)
    assert norm.running_mean is not None and norm.running_var is not None
    network.get_buffer("mean").copy_(norm.running_mean)
    network.get_buffer("spread").copy_((norm.running_var + norm.eps).sqrt().clamp(min=1e-3))
    network.eval()
    return network, trial(network, *creatures(options.trial, options.seed + 1), np.random.default_rng(options.seed + 1))


@torch.no_grad()
def trial(network: Sprites, pixels: Tensor, labels: Tensor, draw: np.random.Generator) -> dict[str, float]:
    """Shares of correct answers on creatures of another seed: types and bodies unharmed on white, faults on harmed ones."""
    rgba = pixels.float()
    alpha = rgba[:, 3:] / 255
    features = network.features((rgba[:, :3] * alpha + 255 * (1 - alpha)).round())
    harmed = [example(image, draw) for image in rgba]
    guess = network.to_fault(network.features(torch.stack([m[0] for m in harmed]))).argmax(1)
    return {
        "type": float((network.to_type(features).argmax(1) == labels[:, 0]).float().mean()),
        "body": float((network.to_body(features).argmax(1) == labels[:, 1]).float().mean()),
        "fault": float((guess == torch.tensor([m[2] for m in harmed])).float().mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="train the network of the extractor sprites")
    parser.add_argument("--count", type=int, default=6000, help="creatures")
    parser.add_argument("--seed", type=int, default=1000, help="0 is the one of the data that scores are computed on")
    parser.add_argument("--steps", type=int, default=1300)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--trial", type=int, default=1000, help="creatures to test on")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True, warn_only=True)
    network, accuracy = train(options)
    told = {name: value for name, value in vars(options).items() if name != "out"}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"options": json.dumps(told), "accuracy": json.dumps({k: round(v, 4) for k, v in accuracy.items()})}
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, options.out, metadata)
    options.out.chmod(0o644)  # safetensors writes files that nobody else may read
    print(f"{options.out.name}: {options.out.stat().st_size / 1e6:.2f} MB, correct {accuracy}")


if __name__ == "__main__":
    main()
