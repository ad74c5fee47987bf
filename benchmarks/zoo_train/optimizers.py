"""Optimizers by name: four of torch with the trainer's options, and all others of torch and timm that fit a training loop."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from zoo_core.errors import ZooError
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.names import one_line

PLAIN = ("adam", "adamw", "rmsprop", "sgd")
OTHER_LOOP = {"lbfgs", "sparseadam", "optimizer"}  # need a closure, sparse gradients, or are no optimizer


def make_optimizer(
    options: TrainOptions, parameters: Iterable[nn.Parameter], lr: float, device: str = "cpu"
) -> torch.optim.Optimizer:
    """The optimizer of one phase. Raises ZooError for a name that means none.

    device  type of the parameters' device. On "cuda", with train.cuda_graph, an optimizer is capturable where torch has that:
            its counters lie there, too.

    torch/NAME and timm/NAME get lr, weight_decay, and, where they have such things, beta1 and beta2 as their betas, beta1 as
    their momentum; their other options are their library's defaults.
    """
    parameters, decay = list(parameters), options.weight_decay
    capturable = device == "cuda" and options.cuda_graph != "off"
    if capturable:  # torch warns of the steps before the recording
        warnings.filterwarnings("ignore", message="This instance was constructed with capturable=True")
    if options.optimizer in ("adam", "adamw"):
        make = torch.optim.Adam if options.optimizer == "adam" else torch.optim.AdamW
        betas = (options.beta1, options.beta2)
        return make(parameters, lr=lr, betas=betas, weight_decay=decay, fused=True, capturable=capturable)
    if options.optimizer == "rmsprop":
        # beta2 0.999 is Adam's default; RMSprop's own smoothing in torch is 0.99.
        return torch.optim.RMSprop(parameters, lr=lr, alpha=options.beta2, weight_decay=decay, capturable=capturable)
    if options.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=lr, momentum=options.beta1, weight_decay=decay, fused=device == "cuda" or None)
    library, _, name = options.optimizer.partition("/")
    if library == "torch" and name:
        return _of_torch(options, name, parameters, lr, capturable)
    if library == "timm" and name:
        return _of_timm(options, name, parameters, lr)
    near = difflib.get_close_matches(options.optimizer, PLAIN, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it is {', '.join(PLAIN)}, torch/NAME or timm/NAME"
    raise ZooError(f"train.optimizer={options.optimizer}: there is no such optimizer; {hint}")


def check_cuda_graph(options: TrainOptions, device: str) -> None:
    """Raises ZooError where `train.cuda_graph` cannot be: without a GPU, or with compiled networks."""
    if options.cuda_graph == "on" and device != "cuda":
        raise ZooError(f"train.cuda_graph=on needs an NVIDIA GPU, and this run is on {device}; leave it out")
    if options.cuda_graph != "off" and options.compile != "off":
        raise ZooError("train.cuda_graph and train.compile do not go together; type --set train.compile=off, or leave one out")


def set_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """The learning rate of the next steps. Where it is a tensor, this very tensor changes, so that a recorded step sees it."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def rate_on_device(optimizer: torch.optim.Optimizer) -> None:
    """Make the learning rates tensors where the parameters are. Raises ZooError if the optimizer has more such numbers."""
    for group in optimizer.param_groups:
        if not (group.get("fused") or group.get("capturable")):
            raise ZooError(f"{type(optimizer).__name__} needs numbers of the processor")
        if not isinstance(group["lr"], Tensor):
            group["lr"] = torch.tensor(float(group["lr"]), device=group["params"][0].device)


def torch_optimizers() -> dict[str, type[torch.optim.Optimizer]]:
    """Optimizers of torch by lower-case name."""
    found = {name.lower(): value for name, value in vars(torch.optim).items() if inspect.isclass(value)}
    return {name: value for name, value in found.items() if issubclass(value, torch.optim.Optimizer) and name not in OTHER_LOOP}


def _of_torch(
    options: TrainOptions, name: str, parameters: list[nn.Parameter], lr: float, capturable: bool
) -> torch.optim.Optimizer:
    every = torch_optimizers()
    if name.lower() not in every:
        raise _unknown(options.optimizer, "torch", name.lower(), every)
    make: Any = every[name.lower()]
    takes = set(inspect.signature(make).parameters)
    fixed = {"capturable": True} if capturable and "capturable" in takes else {}
    return _made(options, lambda **given: make(parameters, lr=lr, **fixed, **given), takes)


def _of_timm(options: TrainOptions, name: str, parameters: list[nn.Parameter], lr: float) -> torch.optim.Optimizer:
    try:
        from timm.optim import create_optimizer_v2, get_optimizer_info, list_optimizers  # type: ignore[attr-defined]
    except ImportError:
        raise ZooError(f"train.optimizer={options.optimizer} needs timm; type pip install timm") from None
    every = [str(known) for known in list_optimizers()]
    if name not in every:
        raise _unknown(options.optimizer, "timm", name, every)
    if name.startswith("kron"):  # lists of tensors, and random steps
        raise ZooError(f"train.optimizer={options.optimizer} has a state that checkpoints cannot hold; try adam")
    info = get_optimizer_info(name)
    if info.second_order:
        raise ZooError(
            f"train.optimizer={options.optimizer} needs second derivatives, which the trainer does not make; try adam"
        )
    takes = {key for key, has in (("betas", info.has_betas and info.num_betas == 2), ("momentum", info.has_momentum)) if has}

    def make(**given: Any) -> torch.optim.Optimizer:
        made: torch.optim.Optimizer = create_optimizer_v2(parameters, opt=name, lr=lr, filter_bias_and_bn=False, **given)
        return made

    return _made(options, make, takes | {"weight_decay"})


def _made(options: TrainOptions, make: Any, takes: set[str]) -> torch.optim.Optimizer:
    """Call `make` with those of the trainer's options that it takes."""
    every = {"weight_decay": options.weight_decay, "betas": (options.beta1, options.beta2), "momentum": options.beta1}
    try:
        optimizer: torch.optim.Optimizer = make(**{key: value for key, value in every.items() if key in takes})
    except Exception as error:  # a library that is missing, or options that this optimizer does not accept
        cause = one_line(str(error), 200) or type(error).__name__
        raise ZooError(f"train.optimizer={options.optimizer} cannot be made: {cause}; try adam") from None
    return optimizer


def _unknown(typed: str, library: str, name: str, every: Iterable[str]) -> ZooError:
    near = difflib.get_close_matches(name, sorted(every), n=1)
    hint = f"did you mean {library}/{near[0]}?" if near else f"it has {', '.join(sorted(every))}"
    return ZooError(f"train.optimizer={typed}: {library} has no such optimizer; {hint}")
