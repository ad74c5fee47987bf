"""Do two versions of zoo train the same weights and draw the same pictures, byte for byte?

    python benchmarks/scripts/same_bytes.py --before /old/venv/bin/python --after /new/venv/bin/python
    python benchmarks/scripts/same_bytes.py --before ... --after ... --model "dcgan" --model "vae_kiss --size 64"

Each --model is what is typed after `zoo bench --model`. Prints a table of the SHA-256 of the averaged generator's tensors (by
name, type, shape and bytes; the header of the file may differ), and of the pictures that the trained model creatures draws.
Exit code 1 if a row differs. Equal bytes are to be expected on one machine with one torch only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from safetensors import safe_open

MODELS = (
    "wgan_gp --upsampler colorpicker",
    "acgan --labels type",
    "vae",
    "aae",
    "ebgan",
    "cgan --guide edges",
    "gan",
)
RUN = "--steps {steps} --size 16 --set train.batch=8 --device cpu --threads 1 --no-eval --seed 0 --out {out}"
SAMPLE = "sample creatures --seed 0 --out {out}"


def zoo(python: str, line: Sequence[str], cwd: Path) -> str:
    """Run `zoo LINE` with an interpreter. Returns "", or the last line of what it says if it fails."""
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ZOO_PLUGINS")}
    variables |= {"OMP_NUM_THREADS": "1", "ZOO_CACHE": str(cwd / "cache")}
    done = subprocess.run(
        [python, "-m", "zoo_core", *line], cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it failed"])[-1]


def tensors_hash(file: Path) -> str:
    """SHA-256 of all tensors of a safetensors file in the order of their names."""
    digest = hashlib.sha256()
    with safe_open(file, "numpy") as tensors:
        for name in sorted(tensors.keys()):
            value = tensors.get_tensor(name)
            digest.update(f"{name} {value.dtype} {value.shape}\n".encode())
            digest.update(value.tobytes())
    return digest.hexdigest()


def trained(python: str, model: str, steps: int, folder: Path) -> str:
    """Train a model and hash its generator; the error, if there is one."""
    out = folder / "run"
    problem = zoo(python, ["bench", "--model", *model.split(), *RUN.format(steps=steps, out=out).split()], folder)
    return problem or tensors_hash(out / "model" / "model.safetensors")


def sampled(python: str, folder: Path) -> str:
    """Hash of the picture that the model which comes trained draws; the error, if there is one."""
    out = folder / "samples.png"
    return zoo(python, SAMPLE.format(out=out).split(), folder) or hashlib.sha256(out.read_bytes()).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", required=True, help="interpreter of the environment with the old version")
    parser.add_argument("--after", required=True, help="interpreter of the environment with the new version")
    parser.add_argument("--model", action="append", help="what to train, with more flags if need be; may be repeated")
    parser.add_argument("--steps", type=int, default=30, help="iterations of each run")
    arguments = parser.parse_args()
    same = True
    print("| what | before | after | same |\n|---|---|---|---|")
    for model in [*(arguments.model or MODELS), ""]:
        answers = []
        for python in (arguments.before, arguments.after):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder)
                answers.append(trained(python, model, arguments.steps, path) if model else sampled(python, path))
        equal = answers[0] == answers[1] and len(answers[0]) == 64
        same = same and equal
        shown = [answer[:16] if len(answer) == 64 else answer for answer in answers]
        print(f"| {model or 'pictures of creatures'} | {shown[0]} | {shown[1]} | {'yes' if equal else 'NO'} |", flush=True)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
