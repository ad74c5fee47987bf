"""A stand-in for CUDA graphs on a processor, which is as deaf as they are to what happens in Python after the recording."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

aten = torch.ops.aten
WAITS = {aten._local_scalar_dense.default, aten.is_nonzero.default, aten.nonzero.default}
STATISTICS = {aten.native_batch_norm.default: slice(3, 5)}  # written to, which its schema does not say


def storage(tensor):
    return tensor.untyped_storage()._cdata


class RecordedGraph:
    """Implements captured.Graph: every operation is recorded with the tensors and numbers that it was given.

    A replay does the same operations with the same numbers on the same memory; what a recording has changed is undone at its
    end. A number that is read back is an error, as on a GPU.
    """

    def __init__(self, random):
        self.random = random
        self.calls = []
        self.replays = 0

    def aside(self):
        return nullcontext()

    def capture(self, work):
        numbers = torch.get_rng_state(), self.random.get_state()
        recorder = Recorder(self.calls)
        with recorder:
            out = work()
        with torch.no_grad():
            for tensor, before in recorder.before.values():
                tensor.copy_(before)
        torch.set_rng_state(numbers[0])
        self.random.set_state(numbers[1])
        return out

    def replay(self):
        self.replays += 1
        with torch.no_grad():
            for function, args, kwargs, outs in self.calls:
                found = tree_leaves(function(*args, **kwargs))
                for place, out in outs:
                    out.copy_(found[place])


class Recorder(TorchDispatchMode):
    def __init__(self, calls):
        super().__init__()
        self.calls = calls
        self.before = {}  # storage -> the tensor that was written to first, and what it held
        self.own = set()  # storages that were made while recording

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in WAITS:
            raise RuntimeError("operation not permitted when stream is capturing")
        for tensor in self.written(function, args, kwargs):
            if storage(tensor) not in self.own | self.before.keys():
                whole = tensor.as_strided((tensor.untyped_storage().nbytes() // tensor.element_size(),), (1,), 0)
                self.before[storage(tensor)] = whole, whole.clone()
        found = function(*args, **kwargs)
        given = {storage(value) for value in tree_leaves((args, kwargs)) if isinstance(value, Tensor)}
        outs = [(i, out) for i, out in enumerate(tree_leaves(found)) if isinstance(out, Tensor) and storage(out) not in given]
        self.own |= {storage(out) for _, out in outs}
        self.calls.append((function, args, kwargs, outs))
        return found

    def written(self, function, args, kwargs):
        names = [argument.name for argument in function._schema.arguments]
        named = dict(zip(names, args, strict=False)) | kwargs
        marked = [a.name for a in function._schema.arguments if a.alias_info is not None and a.alias_info.is_write]
        marked += names[STATISTICS.get(function, slice(0))]
        return [value for value in tree_leaves([named.get(name) for name in marked]) if isinstance(value, Tensor)]
