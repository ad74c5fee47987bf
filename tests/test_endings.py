"""How a command line ends: exit codes, errors on one line, pipes, interrupts and terminals."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest


@pytest.mark.parametrize(
    ("what", "code", "error"),
    [
        ("hello", 0, ""),
        ("zoo", 2, "error: type something else\n"),
        ("run", 1, "error: disk full\n"),
        ("stop", 130, "error: interrupted\n"),
        ("click", 130, "error: interrupted\n"),
        ("exit", 7, ""),
    ],
)
def test_how_a_command_ends(plugins, speak, what, code, error):
    done = plugins.zoo("speak", "say", what, only="acme-talk")
    assert (done.returncode, done.stderr) == (code, error)
    assert done.stdout == ("hello\n" if code == 0 else "")


@pytest.mark.parametrize(("what", "text"), [("bug", "KeyError: 'missing' ("), ("pipe", "BrokenPipeError: a socket (")])
def test_an_unexpected_error_is_one_line_and_a_traceback_on_request(plugins, speak, what, text):
    done = plugins.zoo("speak", "say", what, only="acme-talk")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"error: {text}site/acme_talk.py:")
    assert done.stderr.endswith(f"); for more, type zoo --debug speak say {what}\n")
    done = plugins.zoo("--debug", "speak", "say", what, only="acme-talk")
    assert done.returncode == 1 and "Traceback" in done.stderr and "in say" in done.stderr


def test_what_a_plugin_prints_does_not_end_up_in_json(plugins):
    plugins.add(
        "acme-loud",
        "print('LOUD')\n"
        + "from zoo_core.hooks import hookimpl\n@hookimpl\ndef zoo_entries():\n    print('HOOK')\n    return []\n",
    )
    done = plugins.zoo("list", "--json", only="acme-loud")
    assert json.loads(done.stdout)["problems"] == [] and done.stderr == "LOUD\nHOOK\n"


def test_nobody_reads_the_output(plugins):
    many = [f'Entry("critic", "critic{number}", target="a:b", summary="{"x" * 900}")' for number in range(300)]
    plugins.provide("acme-many", *many)
    process = subprocess.Popen(
        plugins.command("list"), env=plugins.environment("acme-many"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout and process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_output_that_cannot_be_written(plugins):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            plugins.command("list"), env=plugins.environment(""), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 1 and "No space left on device" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_while_plugins_load(plugins):
    plugins.add("acme-slow", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(20)\n")
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    done = plugins.zoo("list", only="acme-slow")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted\n")


@pytest.mark.parametrize(("encoding", "shown"), [("latin-1", "a \\u732b b"), ("utf-8", "a \u732b b")])
def test_letters_that_the_terminal_lacks(plugins, encoding, shown):
    plugins.provide("acme-gans", 'Entry("critic", "x", target="a:b", summary="a \\u732b b")')
    done = plugins.zoo("list", "critic", only="acme-gans", env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0 and shown in done.stdout
