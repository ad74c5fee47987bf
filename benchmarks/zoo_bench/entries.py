"""What the harness provides. Imported by every command, so without torch or numpy."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "command",
            "check",
            target="zoo_testing.commands.check:check_command",
            summary="Check that a plugin keeps its contracts",
        ),
        Entry("command", "doctor", target="zoo_testing.commands.doctor:doctor_command", summary="Check that all plugins work"),
        Entry("command", "new", target="zoo_testing.commands.new:new_command", summary="Write the skeleton of a plugin"),
        Entry(
            "command", "bench", target="zoo_bench.commands.bench:bench", summary="Train a model, score it and write a report"
        ),
        Entry("command", "publish", target="zoo_bench.commands.publish:publish", summary="Publish a run on the Hub"),
        Entry("command", "verify", target="zoo_bench.commands.publish:verify", summary="Score a published model again"),
        Entry("command", "eval", target="zoo_bench.commands.eval:eval_command", summary="Score a model or a folder of images"),
        Entry("command", "compare", target="zoo_bench.commands.compare:compare", summary="Show runs side by side"),
        Entry("command", "report", target="zoo_bench.commands.report:report", summary="Write one page of several runs"),
        Entry(
            "command",
            "runs",
            target="zoo_bench.commands.runs:runs",
            summary="List runs with their state and size, and clean up",
        ),
        Entry("command", "data", target="zoo_bench.commands.data:data", summary="Check, cut and pack a set of images"),
        Entry(
            "executor",
            "local",
            target="zoo_bench.matrix.executor_local:LocalExecutor",
            summary="processes of this machine",
        ),
        Entry(
            "executor",
            "ray",
            target="zoo_bench.matrix.executor_ray:RayExecutor",
            config="zoo_bench.matrix.options:RayOptions",
            summary="tasks of a Ray cluster; needs zoo-bench[ray]",
            paper="Moritz et al. 2018, Ray: A Distributed Framework for Emerging AI Applications, arXiv 1712.05889",
        ),
        Entry(
            "executor",
            "slurm",
            target="zoo_bench.matrix.executor_slurm:SlurmExecutor",
            config="zoo_bench.matrix.options:SlurmOptions",
            summary="jobs of a Slurm cluster; needs zoo-bench[slurm]",
        ),
        Entry(
            "observer",
            "tensorboard",
            target="zoo_bench.observers.tensorboard:TensorBoard",
            summary="event files in the run folder; needs zoo-bench[tensorboard]",
        ),
        Entry(
            "observer",
            "wandb",
            target="zoo_bench.observers.wandb:WeightsAndBiases",
            config="zoo_bench.observers.options:WandbOptions",
            summary="a run of Weights & Biases; needs zoo-bench[wandb]",
        ),
        Entry(
            "dataset",
            "folder",
            target="zoo_bench.data.folder:Folder",
            config="zoo_bench.data.options:FolderOptions",
            summary="your own images: folder:PATH",
        ),
        Entry(
            "dataset",
            "packed",
            target="zoo_bench.data.packed:Packed",
            config="zoo_bench.data.options:PackedOptions",
            summary="a copy that zoo data make has decoded: packed:PATH",
        ),
        Entry(
            "dataset",
            "hub",
            target="zoo_bench.data.hub:Hub",
            config="zoo_bench.data.options:HubOptions",
            summary="a dataset of the Hub: hub:user/name[@revision]; parquet needs zoo-bench[hub]",
        ),
        Entry(
            "dataset",
            "cifar10",
            target="zoo_bench.data.known:cifar10",
            config="zoo_bench.data.options:KnownOptions",
            summary="60,000 photographs of 10 classes, 32 px, from the Hub or cifar10:PATH",
            paper="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
        ),
        Entry(
            "dataset",
            "celeba",
            target="zoo_bench.data.known:celeba",
            config="zoo_bench.data.options:KnownOptions",
            summary="202,599 faces, 178 x 218 px, from the Hub or celeba:PATH",
            paper="Liu et al. 2015, Deep Learning Face Attributes in the Wild, arXiv 1411.7766",
        ),
        Entry(
            "dataset",
            "anime_faces",
            target="zoo_bench.data.known:anime_faces",
            config="zoo_bench.data.options:KnownOptions",
            summary="drawn faces, from the Hub or anime_faces:PATH",
        ),
    ]
