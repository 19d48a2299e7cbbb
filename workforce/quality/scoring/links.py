"""Scoring who is who against gold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from workforce.links.content import Content
from workforce.links.identities import Link, Ref, identities
from workforce.quality.scoring.bcubed import BCubed, bcubed


def score_links(truth: Content, given: Content) -> BCubed:
    """Compare the identities that both sides' `same` decisions make.

    Counted are the tracks that were asked about, and those that either side links: candidates that
    both leave alone would only lift the figures.
    """
    counted = sorted({*truth.subjects, *_linked(truth), *_linked(given)})
    return bcubed(_clusters(counted, truth.links), _clusters(counted, given.links))


def _linked(content: Content) -> Iterable[Ref]:
    return (
        ref for part in identities(content.refs, content.links) if len(part) > 1 for ref in part
    )


def _clusters(refs: Sequence[Ref], links: Sequence[Link]) -> NDArray[np.int64]:
    parts = identities(refs, links)
    of = {ref: number for number, part in enumerate(parts) for ref in part}
    return np.array([of[ref] for ref in refs], dtype=np.int64)
