"""Options of the trainer, shared by every model. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option

OPERATIONS = (
    "colour",
    "translation",
    "cutout",
    "rotation",
    "scaling",
    "stretching",
    "free_rotation",
)  # of zoo_train.augment
SCHEDULES = ("constant", "linear", "cosine", "timm/cosine", "timm/tanh", "timm/wsd")  # of zoo_train.schedules


@dataclass(frozen=True)
class TrainOptions:
    batch: int = option(64, "images per step of a phase", min=1, max=65536)
    optimizer: str = option("adam", "optimizer of every phase: adam, adamw, rmsprop, sgd, torch/NAME or timm/NAME")
    lr: float = option(2e-4, "learning rate of phases that train the generator", above=0, max=10)
    critic_lr: float | None = option(None, "learning rate of phases that train a critic; none: the same as lr", above=0, max=10)
    beta1: float = option(0.5, "first Adam coefficient, or momentum of sgd", min=0, below=1)
    beta2: float = option(0.999, "second Adam coefficient, or smoothing of rmsprop", min=0, below=1)
    weight_decay: float = option(0.0, "weight decay", min=0)
    schedule: str = option(
        "constant",
        "learning rate over the run: linear and cosine fall to 0 in its second half, timm/... from its start",
        choices=SCHEDULES,
    )
    warmup: int = option(0, "iterations in which the learning rate rises to its value", min=0)
    clip_gradient: float | None = option(None, "largest L2 norm of a phase's gradient; none: any", above=0)
    precision: str = option(
        "auto",
        "auto: bf16 for phases where the device is fast at it and gradients agree with fp32",
        choices=("auto", "fp32", "bf16"),
    )
    tf32: str = option(
        "auto",
        "products of fp32 numbers in TF32 on NVIDIA GPUs since 2020; auto: where gradients agree with fp32",
        choices=("auto", "on", "off"),
    )
    compile: str = option(
        "off",
        "torch.compile networks, which pays on GPUs and in long runs; auto: those whose gradients stay the same, on: or fail",
        choices=("auto", "on", "off"),
    )
    cuda_graph: str = option(
        "off",
        "replay each phase's step as one CUDA graph; auto: phases whose steps stay the same, on: or fail",
        choices=("auto", "on", "off"),
    )
    channels_last: bool = option(True, "keep images as NHWC in memory, unless a network has instance norm, which is slow in it")
    ema: float = option(0.999, "decay of the averaged generator, reached by a warm-up; 0: no averaging", min=0, below=1)
    flip: bool = option(True, "mirror half of the images left to right")
    vflip: bool = option(False, "mirror half of the images upside down")
    shift: float = option(
        0.0, "shift images by up to this share of the size, blank side filled with the background", min=0, max=0.5
    )
    hue: float = option(
        0.0, "turn the hue of images by up to this share of the colour circle; 0.5: to any colour", min=0, max=0.5
    )
    instance_noise: float = option(0.0, "standard deviation of Gaussian noise on every image that a critic sees", min=0)
    augment: tuple[str, ...] | None = option(
        None, "what differentiable augmentation does to every image that a critic sees", choices=OPERATIONS
    )
    augment_probability: float = option(1.0, "probability of each of these, per image", min=0, max=1)
    augment_target: float | None = option(
        None,
        "adapt that probability to how well the critic tells real images, by the mean sign of its answers (ADA; there 0.6)",
        above=0,
        below=1,
    )
    augment_images: int = option(50_000, "real images in which the adapted probability can go from 0 to 1", min=1)
