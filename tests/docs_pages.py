"""The pages of the documentation as blocks of commands, for the tests.

<!-- fails N -->       each command of the next block must end with exit code N
<!-- file: NAME -->    the next block is written to that file
<!-- not run: WHY -->  the next block is not executed; WHY is one of REASONS, and must be true
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OTHERS = [*ROOT.glob("*.md"), *ROOT.glob("plugins/*/README.md"), ROOT / "benchmarks/README.md"]
PAGES = sorted([*OTHERS, *(page for page in ROOT.glob("docs/**/*.md") if "_build" not in page.parts)])
EXAMPLES = ROOT / "docs/tutorials/plugins"
COMMANDS, DATA = ("sh", "console", "python"), ("text", "json", "toml")
FENCE = re.compile(
    r"^(?:<!-- (fails \d+|file: \S+|not run: [^\n]+) -->\n)?```(\{?[\w-]+\}?)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)

# What a block needs that is not executed -> what is found in such a block.
REASONS = {
    "needs several devices": r"--devices [2-9]",
    "needs optional packages": r"pip install 'zoo-bench\[(\w+)\]'",
    "needs an account": r"hf auth login",
}


@dataclass(frozen=True)
class Block:
    """A fenced block: the comment above it, what stands behind the fence, and what is in it."""

    mark: str
    language: str
    argument: str
    text: str

    @property
    def runs(self) -> bool:
        return self.language in COMMANDS and not self.mark.startswith(("file: ", "not run: "))


def blocks(page: Path) -> list[Block]:
    return [Block(*(part or "" for part in match.groups())) for match in FENCE.finditer(page.read_text())]


def outside_blocks(page: Path) -> str:
    return FENCE.sub("", page.read_text())


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def stories() -> dict[str, list[Path]]:
    """Pages that are executed in one folder: a page alone, or the tutorial about an example plugin and that plugin's README."""
    found = {}
    for page in PAGES:
        if EXAMPLES not in page.parents and any(block.runs for block in blocks(page)):
            shown = sorted(set(re.findall(r"{literalinclude} plugins/([\w-]+)/", page.read_text())))
            found[name(page)] = [page, *(EXAMPLES / plugin / "README.md" for plugin in shown)]
    return found


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """(command, expected lines) of a block that is not Python; in a console block the output of a `$ command` follows it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        if block.language == "sh":
            found += [(part, []) for part in line.split(" && ") if part]
        elif line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def fits(output: str, expected: list[str]) -> bool:
    """Whether the output has the expected lines, one after the other; white space does not count, `...` is anything."""
    text = [" ".join(line.split()) for line in output.splitlines()]
    lines = [r".*".join(re.escape(" ".join(part.split())) for part in line.split("...")) for line in expected]
    joined, gap = "", True
    for line in lines:
        if line == ".*":
            joined, gap = joined + r"(?:.*\n)*", True
        else:
            joined, gap = joined + line.replace(".*", r"\s*.*\s*") + r"\n", False
    end = r"(?:.*\n)*" if gap else ""
    return re.fullmatch(joined + end, "\n".join(text) + "\n") is not None
