"""Checks of commands."""

from __future__ import annotations

import click
from click.testing import CliRunner

from zoo_testing.check import Check, checks, expect
from zoo_testing.subject import Subject


def is_click(subject: Subject) -> None:
    """The target is a click command."""
    expect(isinstance(subject.target, click.Command), f"{subject.entry.target} is {subject.target!r}")


def has_help(subject: Subject) -> None:
    """--help works and says what the command does."""
    command = subject.target
    done = CliRunner().invoke(command, ["--help"], prog_name=f"zoo {subject.entry.name}")
    expect(done.exit_code == 0, f"--help ended with exit code {done.exit_code}: {done.output.strip()[-200:]}")
    expect(bool((command.help or "").strip()), "the command has no help text: give its function a docstring")


def options_have_help(subject: Subject) -> None:
    """Every option of the command and of its subcommands has a help text."""
    for name, command in _commands(subject.entry.name, subject.target):
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                expect(bool((option.help or "").strip()), f"{option.opts[-1]} of zoo {name} has no help text")


def _commands(name: str, command: click.Command) -> list[tuple[str, click.Command]]:
    found = [(name, command)]
    if isinstance(command, click.Group):
        for word, sub in command.commands.items():
            found += _commands(f"{name} {word}", sub)
    return found


READ = "zoo_core/hooks.py, KINDS; https://click.palletsprojects.com"
CHECKS: tuple[Check, ...] = checks("command", "command", READ, is_click, has_help, options_have_help)
