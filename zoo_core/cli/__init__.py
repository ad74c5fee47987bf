"""The command line. Commands are entries like everything else; the module of a command is imported when it is invoked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from zoo_core import __version__
from zoo_core.cli.interpreter import SAFE_PATH
from zoo_core.errors import RunFailure, ZooError
from zoo_core.registry import names
from zoo_core.registry.catalog import Catalog, Provided, discover
from zoo_core.registry.installed import CORE
from zoo_core.registry.problems import cause

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Function = TypeVar("Function", bound=Callable[..., Any])
BROKEN_PIPE = 141  # what a shell reports for a program that a closed pipe has ended
INTERRUPTED = 130


@dataclass
class Settings:
    """What was given before the command's name; a command finds it as the object of its click context."""

    debug: bool = False
    strict: bool = False


class Commands(click.Group):
    """The entries of kind `command`. A command of zoo-core wins over the same name in a plugin, which keeps its full id."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(command_name(discover(), item) for item in discover().of("command"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        catalog = discover()
        item = catalog.find("command", name, prefer=CORE)
        command = catalog.load_target(item)
        if not isinstance(command, click.Command):
            raise ZooError(f"plugin {item.distribution} is broken: {item.entry.target} is not a click command")
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        settings = ctx.find_object(Settings)
        if settings and settings.strict and not ctx.resilient_parsing and args[0] not in ("doctor", f"{CORE}/doctor"):
            require_sound(discover())
        return args[0], self.get_command(ctx, args[0]), args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        catalog = discover()
        rows = sorted((command_name(catalog, item), item.entry.summary) for item in catalog.of("command"))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = {command_name(discover(), item): item.entry.summary for item in discover().of("command")}
        commands = [CompletionItem(name, help=text) for name, text in sorted(found.items()) if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)


def command_name(catalog: Catalog, item: Provided) -> str:
    """What to type for a command."""
    return item.entry.name if item.distribution == CORE else catalog.short(item)


def warn(catalog: Catalog) -> None:
    """Name every broken plugin on standard error, one line each."""
    for problem in catalog.problems:
        click.echo(f"warning: plugin {problem.distribution}: {problem.cause}", err=True)


def require_sound(catalog: Catalog) -> None:
    """Raises RunFailure if any plugin is broken, after naming each."""
    if catalog.problems:
        warn(catalog)
        raise RunFailure("stopped by --strict: of the plugins above, uninstall the broken or leave them out with ZOO_PLUGINS")


def _remember(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    # As a callback, because errors in the rest of the line are reported before the group's own function would run.
    if value and param.name:
        setattr(ctx.ensure_object(Settings), param.name, True)


def _flag(name: str, help: str) -> Callable[[Function], Function]:
    return click.option(name, is_flag=True, is_eager=True, expose_value=False, callback=_remember, help=help)


@click.command(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="zoo-core %(version)s")
@_flag("--debug", "Show the traceback of an error.")
@_flag("--strict", "Stop with exit code 1 if any plugin is broken.")
@click.pass_context
def zoo(ctx: click.Context) -> None:
    """Small image generators: train, compare and share them.

    Everything comes from plugins; `zoo list` shows what is installed.
    """
    if ctx.invoked_subcommand is None:
        if ctx.ensure_object(Settings).strict:
            require_sound(discover())
        click.echo(ctx.get_help())


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line (without the program's name) and return its exit code. Errors become one line on standard error.

    0 done; 1 it failed; 2 the input was wrong; 130 interrupted; 141 nobody reads the output any more.
    """
    if args is None:  # the process is ours
        os.environ.update(SAFE_PATH)
    if "_ZOO_COMPLETE" in os.environ:
        zoo.main(prog_name="zoo")  # click answers the shell and exits
    try:
        code = _run(list(sys.argv[1:] if args is None else args))
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        return BROKEN_PIPE
    except OSError as error:
        _discard_output()
        click.echo(f"error: the output could not be written: {error.strerror}", err=True)
        return 1
    return code


def _run(args: list[str]) -> int:
    settings = Settings()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a letter of a summary is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        with zoo.make_context("zoo", args, obj=settings) as ctx:
            zoo.invoke(ctx)
        return 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        return _report(settings, error, "interrupted", INTERRUPTED)
    except ZooError as error:
        return _report(settings, error, str(error), 2)
    except RunFailure as error:
        return _report(settings, error, str(error), 1)
    except click.ClickException as error:
        return _report(settings, error, _usage(error), error.exit_code)
    except Exception as error:
        if isinstance(error, BrokenPipeError) and _output_is_closed():
            raise
        import shlex  # only here: every command would pay for it

        return _report(settings, error, f"{cause(error)}; for more, type zoo --debug {shlex.join(args)}", 1)


def _report(settings: Settings, error: BaseException, text: str, code: int) -> int:
    if settings.debug:
        import traceback

        traceback.print_exception(error)
    click.echo(f"error: {names.one_line(text, 2000)}", err=True)
    return code


def _usage(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    path = ctx.command_path if ctx else "zoo"
    if type(error).__name__ == "NoArgsIsHelpError":  # its message would be the whole help text
        return f"a command is missing; type {path} --help"
    return f"{error.format_message().rstrip('.')}; type {path} --help"


def _output_is_closed() -> bool:
    """Whether it is standard output that broke, and not some other pipe or socket of a command."""
    import select

    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _discard_output() -> None:
    """Point standard output at nothing, so that the interpreter does not fail on it once more when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
