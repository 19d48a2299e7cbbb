"""The console tools, run as a client would run them: as programs of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from core.demo.errors import DemoStopped


@dataclass(frozen=True)
class ToolResult:
    """What a console tool said. ``code`` is its exit status."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def custos(*arguments: str, seconds: float = 300) -> ToolResult:
    """Run ``custos ARGUMENTS`` and wait for it."""
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return ToolResult(done.returncode, done.stdout, done.stderr)


def custos_json(*arguments: str) -> Any:
    """Run ``custos ARGUMENTS --json`` and give its report. Raises DemoStopped on failure."""
    result = custos(*arguments, "--json")
    if result.code:
        raise DemoStopped(f"custos {arguments[0]} failed: {(result.err or result.out)[-500:]}")
    return result.json()
