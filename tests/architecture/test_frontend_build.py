"""The committed browser files are what their sources build to, small enough, and self-contained."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "core" / "web" / "static"
FRONTEND = ROOT / "frontend"
TEMPLATES = [
    *(ROOT / "core" / "web" / "templates").rglob("*.html"),
    *(file for layer in ("core", "tenants", "workforce", "billing")
      for file in (ROOT / layer).glob("*/templates/**/*.html")),
]  # fmt: skip
WORKBENCH_LIMIT = 80 * 1024  # bytes, gzipped, page and worker together


def node() -> str:
    """Node with the frontend's packages installed; without, skipped, or failed if CUSTOS_STRICT."""
    program = shutil.which("node")
    if program and (FRONTEND / "node_modules" / "esbuild").is_dir():
        return program
    message = "needs Node and `npm ci` in frontend/"
    if program and os.environ.get("CUSTOS_STRICT") == "1":
        pytest.fail(message)
    pytest.skip(message)


def run(*command: str) -> None:
    done = subprocess.run(
        command, cwd=FRONTEND, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_committed_files_are_what_the_sources_build_to(tmp_path):
    run(node(), "build.mjs", str(tmp_path))
    built = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*.*")}
    assert built
    for name, content in built.items():
        assert (STATIC / name).read_bytes() == content, f"{name} is stale: npm run build"
    committed = {Path("build") / file.name for file in (STATIC / "build").iterdir()}
    assert committed <= set(built)


def test_types_and_unit_tests_of_the_frontend_hold():
    program = node()
    run(program, "node_modules/typescript/bin/tsc", "--noEmit")
    run(program, "test/run.mjs")


def test_the_workbench_is_within_its_size():
    files = [STATIC / "build" / name for name in ("workbench.js", "frame_worker.js")]
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) <= WORKBENCH_LIMIT


def test_every_icon_that_a_template_or_the_workbench_names_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    named = {
        name
        for file in TEMPLATES
        for pattern in (r'{% icon "([^"]+)"', r'picture="([^"]+)"', r'icon_name="([^"]+)"')
        for name in re.findall(pattern, file.read_text())
    }
    rail = (ROOT / "core" / "web" / "navigation.py").read_text()
    named |= set(re.findall(r'"[A-Z][\w ]*", "([a-z0-9-]+)"(?!:)', rail))
    scripts = "".join(file.read_text() for file in (FRONTEND / "src").rglob("*.ts"))
    named |= set(re.findall(r'\bicon\("([^"]+)"', scripts))
    assert named - sprite == set()


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_template_has_inline_script_style_or_unescaped_text(file):
    text = file.read_text()
    assert not re.search(r"<[^>%]*\son[a-z]+\s*=", text), "inline event handler"
    assert not re.search(r"<[^>%]*\sstyle\s*=", text), "inline style"
    assert "<style" not in text
    for script in re.findall(r"<script([^>]*)>", text):
        assert "src=" in script or 'type="application/json"' in script, "inline script"
    assert "|safe" not in text
    assert "autoescape off" not in text
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert "csrf_token" in form, "a POST form without a token"


def test_no_file_that_is_served_names_another_host():
    for file in [*(STATIC / "build").iterdir(), STATIC / "custos.css", *TEMPLATES]:
        hosts = set(re.findall(r"https?://([^/\"'` )]+)", file.read_text()))
        assert hosts <= {"www.w3.org"}, file.name
