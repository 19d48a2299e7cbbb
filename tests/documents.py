"""The fenced blocks of the documents, and running them.

A block of `sh` is run, line by line, where the demo left its data; `sh fails` must end with another
exit code than 0; `sh not run here: REASON` says why it is only read.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
#: Where the documents say that the demo's data are.
DEMO = "var/demo"


@dataclass(frozen=True)
class Block:
    """A fenced block: where it is, what stands behind the fence, and what is in it."""

    place: str
    info: str
    code: str

    @property
    def is_shell(self) -> bool:
        return self.info == "sh" or self.info.startswith("sh ")

    @property
    def reason(self) -> str:
        """Why it is not run; empty when it is."""
        return self.info.partition("not run here:")[2].strip()

    @property
    def fails(self) -> bool:
        return self.info == "sh fails"

    @property
    def at_a_portal(self) -> bool:
        return self.info == "sh at a portal"


def blocks(document: Path) -> list[Block]:
    """List a document's fenced blocks in order."""
    text = document.read_text()
    return [
        Block(
            f"{document.name}:{text.count(chr(10), 0, found.start()) + 1}",
            found[1].strip(),
            found[2],
        )
        for found in _FENCE.finditer(text)
    ]


def run(block: Block, demo: Path) -> str:
    """Run a block with `custos` and the demo's data at hand; gives what went wrong, or nothing."""
    return _run(block, block.code.replace(DEMO, str(demo)), demo.parent / "commands")


def _run(block: Block, code: str, folder: Path, **more: str) -> str:
    """Run a shell's script with `custos` of this checkout, which is put into `folder`."""
    folder.mkdir(exist_ok=True)
    program = folder / "custos"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m core.cli "$@"\n')
    program.chmod(0o755)
    path = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-e", "-c", code],
        env={**os.environ, **path, **more},
        cwd=more.get("HOME"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if (done.returncode != 0) == block.fails:
        return ""
    return f"{block.place} ended with {done.returncode}: {done.stdout[-600:]}{done.stderr[-600:]}"


def run_at_a_portal(document: Path, home: Path, **environment: str) -> str:
    """Run what a document says to a portal, as one script in `home`; gives what went wrong."""
    said = [block for block in blocks(document) if block.at_a_portal]
    script = "\n".join(block.code for block in said)
    return _run(said[0], script, home / "commands", HOME=str(home), **environment)


def run_all(demo: Path) -> list[str]:
    """Run every block that can be; gives what went wrong."""
    shell = [block for path in DOCUMENTS for block in blocks(path) if block.is_shell]
    todo = [block for block in shell if not block.reason and not block.at_a_portal]
    assert todo
    return [wrong for block in todo if (wrong := run(block, demo))]
