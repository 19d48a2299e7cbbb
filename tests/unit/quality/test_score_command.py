"""`custos score`: what a person with two label files sees."""

import json
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from workforce.quality.command import score

app = typer.Typer()
app.command()(score)

TRUTH = "1,1,10,10,40,90,1,1,1\n2,1,12,10,40,90,1,1,1\n2,9,500,10,40,90,0,1,1\n2,8,9,9,9,9,1,3,1\n"
PERFECT = "1,5,10,10,40,90,1,-1,-1,-1\n2,5,12,10,40,90,1,-1,-1,-1\n"


@pytest.fixture
def files(tmp_path):
    def write(truth: str, prediction: str) -> list[str]:
        (tmp_path / "gt.txt").write_text(truth)
        (tmp_path / "pred.txt").write_text(prediction)
        return [str(tmp_path / "gt.txt"), str(tmp_path / "pred.txt")]

    return write


def test_json_has_the_summary_and_leaves_out_rows_that_do_not_count(files):
    result = CliRunner().invoke(app, [*files(TRUTH, PERFECT), "--format", "mot", "--json"])

    assert result.exit_code == 0
    summary = json.loads(result.stdout)
    assert summary["HOTA"] == pytest.approx(1.0)
    assert (summary["CLR_TP"], summary["CLR_FN"], summary["CLR_FP"]) == (2, 0, 0)
    assert len(summary) == 25


def test_without_json_it_prints_a_table(files):
    result = CliRunner().invoke(app, files(TRUTH, PERFECT))

    assert result.exit_code == 0
    assert "HOTA" in result.stdout
    assert "1.0000" in result.stdout


def test_the_tenth_column_makes_the_eighth_no_class(files):
    """MOT15 has world coordinates where MOT16 has the class."""
    result = CliRunner().invoke(
        app, [*files("1,1,10,10,40,90,1,4.5,5.5,0\n", "1,1,10,10,40,90\n"), "--json"]
    )

    assert json.loads(result.stdout)["CLR_TP"] == 1


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("1,1,10,10,40\n", "pred.txt, line 1: 5 columns; write frame,id"),
        ("1,1,10,10,40,90\n\n2,x,1,1,4,4\n", "line 3, column 2: 'x' is not a finite number"),
        ("1,1,10,nan,40,90\n", "column 4: 'nan' is not a finite number"),
        ("1,1,10,10,inf,90\n", "column 5: 'inf' is not a finite number"),
        ("1.5,1,10,10,40,90\n", "column 1: '1.5' is not a whole number"),
        ("0,1,10,10,40,90\n", "frame 0; frames count from 1"),
        ("1,1,50,50,-40,90\n", "the box is -40 x 90; columns 5 and 6 are width and height"),
        ("1,1,1,1,4,4\n1,1,2,2,4,4\n", "line 2: identity 1 already has a box in frame 1 (line 1)"),
    ],
)
def test_a_malformed_row_is_told_with_file_line_and_remedy(files, bad, told):
    result = CliRunner().invoke(app, files(TRUTH, bad))

    assert result.exit_code == 2
    assert told in result.stderr


def test_a_missing_file_a_folder_and_a_picture_are_told_apart(tmp_path, files):
    truth, _ = files(TRUTH, PERFECT)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")

    for path, told in [
        (tmp_path / "none.txt", "There is no file"),
        (tmp_path, "is a folder"),
        (tmp_path / "photo.jpg", "is not text"),
    ]:
        result = CliRunner().invoke(app, [truth, str(path)])
        assert result.exit_code == 2
        assert told in result.stderr


def test_empty_and_space_separated_files_are_fine(files):
    result = CliRunner().invoke(app, [*files("", "1 1 10 10 40 90\n"), "--json"])

    assert json.loads(result.stdout)["CLR_FP"] == 1


def test_it_runs_without_django():
    """The tool is of use on a machine that has no server, database or settings."""
    check = "import sys, workforce.quality.command; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
