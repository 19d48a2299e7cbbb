"""Programs that Custos is measured against, each in an environment and a process of its own."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def interpreter(name: str) -> Path:
    """Install the peer `name` (benchmarks/peers/NAME.txt) if need be; give its Python."""
    done = subprocess.run(
        [ROOT / "tools" / "install-peer", name], stdout=subprocess.PIPE, text=True, check=True
    )
    return Path(done.stdout.strip())


def run(name: str, *arguments: str) -> dict[str, Any]:
    """Run benchmarks/peers/NAME.py in the peer's environment; give the JSON that it prints last."""
    script = ROOT / "benchmarks" / "peers" / f"{name}.py"
    done = subprocess.run(
        [interpreter(name), "-P", script, *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
