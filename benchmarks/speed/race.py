"""Race the engine against naive loops: python benchmarks/speed/race.py [--job A|B|C|upsample|data|engine ...].

Same networks, same maths, same batch; interleaved in one process, medians, ratios. Results are appended to
benchmarks/results/speed.jsonl with --save.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import naive
import networks
import numpy as np
import torch
from measure import race
from PIL import Image
from torch import nn

from zoo_bench.run.hardware import hardware
from zoo_core.images import Images
from zoo_core.interfaces import Phase
from zoo_core.objectives.adversarial import WASSERSTEIN, Adversarial
from zoo_core.objectives.options import AdversarialOptions
from zoo_core.objectives.penalties import clip_weights, gradient_penalty
from zoo_core.options import to_json
from zoo_core.prior import Prior
from zoo_core.recipe.recipe import Budget, Data, Recipe
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_train.allocator import keep_heap
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.optimizers import make_optimizer
from zoo_train.precision import choose_precision
from zoo_train.run import Run, memory_format

RESULTS = Path(__file__).parents[1] / "results" / "speed.jsonl"
CPU = torch.device("cpu")


def engine_iteration(
    nets: dict[str, nn.Module], phases: tuple[Phase, ...], prior: Prior, images: Images, options: TrainOptions
) -> tuple[Callable[[], Any], dict[str, str]]:
    """One iteration of zoo_core's engine with given networks, and which precision its phases run in."""
    recipe = Recipe("race", {}, {"train": to_json(options)}, Data("race", {}), images.space, Budget(steps=1))
    layout = memory_format(options.channels_last, nets)
    for net in nets.values():
        net.to(memory_format=layout)
    optimizers = {
        p.name: make_optimizer(options, [w for n in p.trains for w in nets[n].parameters()], options.lr) for p in phases
    }
    average = copy.deepcopy(nets["generator"]).requires_grad_(False)
    rates = {phase.name: options.lr for phase in phases}
    run = Run(recipe, CPU, nets, phases, prior, average, optimizers, layout, learning_rates=rates)
    data = DeviceData(images, options, 0, CPU)
    chosen = choose_precision(run, data)
    run.precision = chosen
    steps: Iterator[Any] = train(run, data)
    return lambda: next(steps), chosen


def adversarial_job(kind: str) -> tuple[dict[str, Callable[[], Any]], dict[str, Any]]:
    """Job A (WGAN-GP, 64 px, batch 64) or B (WGAN-clip, Xiang's networks at 128 px, batch 32)."""
    size, batch = (64, 64) if kind == "A" else (128, 32)
    generator, critic = (
        (networks.Dcgan(), networks.dcgan_critic()) if kind == "A" else (networks.Xiang128(), networks.XiangCritic128())
    )
    networks.initialise(generator, critic)
    images = noise(256 if kind == "A" else 128, size)
    loop = naive.wgan_gp if kind == "A" else naive.wgan_clip
    contestants: dict[str, Callable[[], Any]] = {
        "naive": loop(copy.deepcopy(generator), copy.deepcopy(critic), floats(images), batch)
    }
    details: dict[str, Any] = {"parameters": [count(generator), count(critic)]}
    for name in ("fp32", "auto"):
        options = TrainOptions(
            batch=batch,
            optimizer="adam" if kind == "A" else "rmsprop",
            lr=1e-4 if kind == "A" else 5e-5,
            beta2=0.999 if kind == "A" else 0.99,
            precision=name,
            flip=False,
        )
        objective = Adversarial(
            AdversarialOptions(critic_steps=5),
            WASSERSTEIN,
            penalty=(lambda c, r, f, on, draw: 10 * gradient_penalty(c, r, f, on, draw.uniform(len(r))))
            if kind == "A"
            else None,
            after=(lambda nets: clip_weights([nets["critic"]], 0.01)) if kind == "B" else (lambda nets: None),
        )
        nets = {"generator": copy.deepcopy(generator), "critic": copy.deepcopy(critic)}
        iteration, chosen = engine_iteration(nets, tuple(objective.phases()), objective.prior, images, options)
        if name == "auto" and not any(value.startswith("bf16") for value in chosen.values()):
            details["precision"] = chosen  # the same as fp32 on this machine: no need to run it twice
            continue
        contestants[f"zoo {name}"] = iteration
        details[f"precision {name}"] = chosen
    return contestants, details


def vae_job() -> tuple[dict[str, Callable[[], Any]], dict[str, Any]]:
    """Job C: a convolutional VAE at 64 px, latent 512, batch 64."""
    decoder, encoder = networks.VaeDecoder64(), networks.VaeEncoder64()
    networks.initialise(decoder, encoder)
    images = noise(256, 64)
    contestants: dict[str, Callable[[], Any]] = {
        "naive": naive.vae(copy.deepcopy(decoder), copy.deepcopy(encoder), floats(images), 64)
    }

    def loss(nets: Any, batch: Any, draw: Any) -> dict[str, torch.Tensor]:
        mean, log_variance = nets["encoder"](batch.images, batch.condition).float().chunk(2, 1)
        z = mean + draw.normal(*mean.shape) * (0.5 * log_variance).exp()
        difference = nets["generator"](z, batch.condition).float() - batch.images
        n = len(mean)
        return {
            "reconstruction": difference.square().sum() / n,
            "kl": -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum() / n,
        }

    options = TrainOptions(batch=64, lr=1e-3, beta1=0.9, flip=False)
    phase = Phase("vae", ("generator", "encoder"), loss)
    iteration, chosen = engine_iteration({"generator": decoder, "encoder": encoder}, (phase,), Prior(512), images, options)
    contestants["zoo auto"] = iteration
    return contestants, {"parameters": [count(decoder), count(encoder)], "precision": chosen}


def upsample_job() -> tuple[dict[str, Callable[[], Any]], dict[str, Any]]:
    """Nearest-neighbour doubling and a 3x3 convolution, forward and backward: the textbook form and the folded one."""
    from zoo_core.nets.upsamplers import FoldedNearest

    shapes = ((256, 128, 8), (128, 64, 16), (64, 32, 32))

    def total(make: Callable[[int, int], nn.Module]) -> Callable[[], None]:
        pairs = [(make(a, b), torch.randn(64, a, s, s).requires_grad_(True)) for a, b, s in shapes]

        def run() -> None:
            for module, x in pairs:
                module(x).sum().backward()

        return run

    textbook = total(lambda a, b: nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(a, b, 3, padding=1)))
    return {"textbook": textbook, "folded": total(lambda a, b: FoldedNearest(a, b, 3))}, {"shapes": shapes}


def data_job() -> tuple[dict[str, Callable[[], Any]], dict[str, Any]]:
    """An epoch of 1000 RGBA pictures of 128 px as 64 px batches: decoded each time with PIL, and from one uint8 tensor."""
    from zoo_bench.data.folder import Folder
    from zoo_bench.data.options import FolderOptions

    folder = Path(tempfile.mkdtemp(prefix="zoo-speed-"))
    draw = np.random.default_rng(0)
    yy, xx = np.mgrid[:128, :128]
    for index in range(1000):
        picture = np.zeros((128, 128, 4), np.uint8)
        for _ in range(12):
            x, y, radius = draw.integers(20, 108), draw.integers(20, 108), draw.integers(6, 28)
            picture[(xx - x) ** 2 + (yy - y) ** 2 < radius**2] = [*draw.integers(0, 255, 3), 255]
        Image.fromarray(picture).save(folder / f"{index:04d}.png")
    files = sorted(folder.glob("*.png"))

    class Decoded(torch.utils.data.Dataset[torch.Tensor]):
        def __len__(self) -> int:
            return len(files)

        def __getitem__(self, index: int) -> torch.Tensor:
            picture = Image.open(files[index]).convert("RGBA")
            white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
            small = Image.alpha_composite(white, picture).convert("RGB").resize((64, 64), Image.Resampling.BILINEAR)
            if torch.rand(()) < 0.5:
                small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            return torch.from_numpy(np.array(small)).permute(2, 0, 1).float().div(127.5).sub(1)

    loader = torch.utils.data.DataLoader(Decoded(), 64, shuffle=True, drop_last=True)
    start = time.perf_counter()
    images = Folder(FolderOptions(path=str(folder), held_out=0.0)).load(64, 3, (), (255, 255, 255))
    decoding = time.perf_counter() - start
    data = DeviceData(images, TrainOptions(batch=64, shift=0.06), 0, CPU)
    counter = iter(range(10**9))

    def epoch() -> None:
        for _ in range(len(files) // 64):
            data.batch(next(counter))

    return {"PIL in a DataLoader": lambda: [None for _ in loader], "one uint8 tensor": epoch}, {
        "decode_once_s": round(decoding, 2)
    }


def engine_job() -> tuple[dict[str, Callable[[], Any]], dict[str, Any]]:
    """What the engine adds to the bare tensor work of one iteration of a small DCGAN."""
    torch.manual_seed(0)
    generator, critic = networks.Dcgan(), networks.dcgan_critic()
    images = noise(256, 64)
    options = TrainOptions(batch=32, flip=False, ema=0.0)
    objective = Adversarial(AdversarialOptions(), WASSERSTEIN)
    nets: dict[str, nn.Module] = {"generator": generator, "critic": critic}
    iteration, _ = engine_iteration(nets, tuple(objective.phases()), objective.prior, images, options)
    bare_nets = copy.deepcopy(nets)
    optimizers = {name: make_optimizer(options, net.parameters(), options.lr) for name, net in bare_nets.items()}
    real = floats(images)[:32].contiguous(memory_format=torch.channels_last)
    condition = naive.NONE

    def bare() -> None:
        bare_nets["generator"].requires_grad_(False)
        bare_nets["critic"].requires_grad_(True)
        fake = bare_nets["generator"](torch.randn(32, 100), condition)
        loss = bare_nets["critic"](fake, condition).mean() - bare_nets["critic"](real, condition).mean()
        optimizers["critic"].zero_grad()
        loss.backward()
        optimizers["critic"].step()
        bare_nets["generator"].requires_grad_(True)
        bare_nets["critic"].requires_grad_(False)
        optimizers["generator"].zero_grad()
        (-bare_nets["critic"](bare_nets["generator"](torch.randn(32, 100), condition), condition).mean()).backward()
        optimizers["generator"].step()

    return {"bare tensor work": bare, "engine": iteration}, {}


JOBS: dict[str, Callable[[], tuple[dict[str, Callable[[], Any]], dict[str, Any]]]] = {
    "A": lambda: adversarial_job("A"),
    "B": lambda: adversarial_job("B"),
    "C": vae_job,
    "upsample": upsample_job,
    "data": data_job,
    "engine": engine_job,
}


def noise(n: int, size: int) -> Images:
    pixels = np.random.default_rng(1).integers(0, 256, (n, size, size, 3), dtype=np.uint8)
    return Images(Space(size), pixels, np.zeros((n, 0), np.int64), np.zeros(n, np.bool_), tuple(map(str, range(n))))


def floats(images: Images) -> torch.Tensor:
    return torch.from_numpy(images.pixels).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def asked(description: str | None, jobs: Sequence[str], threads: int, rounds: int) -> argparse.Namespace:
    """The options of a script that measures jobs, these as defaults; then the process is set up as that of a run."""
    arguments = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--job", nargs="+", choices=tuple(jobs), default=tuple(jobs))
    arguments.add_argument("--threads", type=int, default=threads)
    arguments.add_argument("--rounds", type=int, default=rounds)
    arguments.add_argument("--save", action="store_true", help=f"append to {RESULTS.name}")
    given = arguments.parse_args()
    keep_heap()
    torch.set_num_threads(given.threads)
    discover()
    return given


def save(job: str, threads: int, **measured: Any) -> None:
    """Append a line to the results."""
    RESULTS.parent.mkdir(exist_ok=True)
    record = {"job": job, "threads": threads, "torch": torch.__version__, "python": platform.python_version()}
    with open(RESULTS, "a", encoding="utf-8") as file:
        file.write(json.dumps(record | {"hardware": hardware(), **measured}) + "\n")


def main() -> None:
    given = asked(__doc__, tuple(JOBS), torch.get_num_threads(), 7)
    for job in given.job:
        contestants, details = JOBS[job]()
        rows = race(contestants, given.rounds)
        print(f"job {job}, {given.threads} threads, torch {torch.__version__} {details}")
        for name, row in rows.items():
            line = f"  {name:22} {row['wall_ms']:9.1f} ms  x{row['ratio']:.2f} (processor x{row['ratio_cpu']:.2f})"
            print(f"{line}  quiet {row['quiet']:.0f}/{row['rounds']:.0f}", flush=True)
        if given.save:
            save(job, given.threads, details=details, rows=rows)


if __name__ == "__main__":
    main()
