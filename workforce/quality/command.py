"""`custos score`: tracking quality of one label file against another, without a server."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.errors import CustosError
from workforce.quality.scoring.mot import score_files

MEANINGS = {
    "HOTA": "detection, association and localisation together",
    "DetA": "boxes found",
    "AssA": "identities kept",
    "DetRe": "share of true boxes found",
    "DetPr": "share of given boxes that are true",
    "AssRe": "share of each true track covered by one identity",
    "AssPr": "share of each given track on one true identity",
    "LocA": "fit of matched boxes (mean IoU)",
    "MOTA": "1 - (missed + false + switched) / true boxes, IoU 0.5",
    "MOTP": "mean IoU of matches, IoU 0.5",
    "MODA": "MOTA without switches",
    "CLR_TP": "boxes matched",
    "CLR_FN": "boxes missed",
    "CLR_FP": "boxes too many",
    "IDSW": "identity switches",
    "MT": "tracks covered more than 80 %",
    "PT": "tracks covered 20 to 80 %",
    "ML": "tracks covered less than 20 %",
    "Frag": "times a track was lost and found again",
    "IDF1": "boxes under the right identity (F1)",
    "IDP": "precision of IDF1",
    "IDR": "recall of IDF1",
    "IDTP": "boxes under the right identity",
    "IDFN": "true boxes under no or a wrong identity",
    "IDFP": "given boxes under a wrong identity",
}


class Format(StrEnum):
    """Label files that can be scored."""

    MOT = "mot"


def score(
    truth: Annotated[Path, typer.Argument(metavar="GT.txt", help="The true labels.")],
    prediction: Annotated[Path, typer.Argument(metavar="PRED.txt", help="The labels to score.")],
    file_format: Annotated[
        Format, typer.Option("--format", help="Format of both files.")
    ] = Format.MOT,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score tracks: HOTA family, CLEAR and Identity metrics, equal to TrackEval's.

    True rows with flag 0 are left out and, where there is a class column, classes other than 1.
    """
    assert file_format is Format.MOT
    try:
        summary = score_files(truth, prediction).summary()
    except CustosError as error:
        Console(stderr=True).print(error.message, style="red", markup=False, soft_wrap=True)
        raise typer.Exit(code=2) from error
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        Console().print(_table(summary, title=f"{prediction.name} against {truth.name}"))


def _table(summary: dict[str, float], *, title: str) -> Table:
    table = Table(title=title)
    table.add_column("metric")
    table.add_column("value", justify="right")
    table.add_column("meaning")
    for name, value in summary.items():
        shown = f"{value:.4f}" if isinstance(value, float) else str(value)
        table.add_row(name, shown, MEANINGS[name])
    return table
