"""What this plugin provides. Every command imports this module, so it imports neither torch nor numpy."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Lipman et al. 2023, Flow Matching for Generative Modeling, arXiv 2210.02747"


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "flow",
            parts={"objective": "acme-flow/flow_matching", "generator": "acme-flow/flow"},
            options={
                "train.batch": 32,
                "train.lr": 1e-3,
                "train.beta1": 0.9,
                "train.beta2": 0.99,
                "train.schedule": "linear",
            },
            summary="flow matching with 16 Euler steps",
            paper=PAPER,
        ),
        Entry(
            "generator",
            "flow",
            target="acme_flow.generator:FlowGenerator",
            config="acme_flow.options:FlowOptions",
            summary="a U-Net that turns noise into an image step by step",
            paper=PAPER,
        ),
        Entry(
            "objective",
            "flow_matching",
            target="acme_flow.objective:FlowMatching",
            config="acme_flow.options:FlowMatchingOptions",
            parts={"generator": "acme-flow/flow"},
            summary="regression of the velocity from noise to images",
            paper=PAPER,
        ),
    ]
