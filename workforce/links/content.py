"""What a label set of a task of links says.

    {"contradictions": [{"kind", "chain": [[clip, track], ...]}, ...],
     "items": [{"clip", "track", "label", "attributes", "runs", "views", "subject", "candidates"}],
     "links": [[[clip, track], [clip, track], verdict], ...],
     "tracks": []}

Items are all tracks of the task, as they were shown, so that it can be laid out again for somebody
else; candidates are places in the list of items.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workforce.labels.canonical import canonical_json
from workforce.links.appearances import Appearance
from workforce.links.identities import Contradiction, Kind, Link, Ref, Verdict


@dataclass(frozen=True, slots=True)
class Laid:
    """One track of a task. candidates: places of others in the same list, the likeliest first."""

    shown: Appearance
    subject: bool
    candidates: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        told = self.shown.to_json()
        return {**told, "subject": self.subject, "candidates": list(self.candidates)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Laid:
        return cls(Appearance.from_json(data), data["subject"], tuple(data["candidates"]))


@dataclass(frozen=True, slots=True)
class Content:
    """A label set of links, read."""

    items: list[Laid]
    links: list[Link]
    problems: list[Contradiction]

    @property
    def refs(self) -> list[Ref]:
        return [item.shown.ref for item in self.items]

    @property
    def subjects(self) -> list[Ref]:
        return [item.shown.ref for item in self.items if item.subject]


def write_content(
    items: Sequence[Laid], links: Sequence[Link], problems: Sequence[Contradiction]
) -> bytes:
    """Canonical JSON; the same decisions give the same bytes, in whatever order they were made."""
    ordered = sorted(
        (min(link.first, link.second), max(link.first, link.second), link.verdict) for link in links
    )
    return canonical_json(
        {
            "contradictions": [
                {"kind": problem.kind.value, "chain": [_told(ref) for ref in problem.chain]}
                for problem in problems
            ],
            "items": [item.to_json() for item in items],
            "links": [[_told(a), _told(b), verdict.value] for a, b, verdict in ordered],
            "tracks": [],
        }
    )


def read_content(content: str) -> Content:
    """What `write_content` wrote."""
    from_file = json.loads(content)
    return Content(
        [Laid.from_json(item) for item in from_file["items"]],
        [Link(_ref(a), _ref(b), Verdict(verdict)) for a, b, verdict in from_file["links"]],
        [
            Contradiction(Kind(problem["kind"]), tuple(_ref(ref) for ref in problem["chain"]))
            for problem in from_file["contradictions"]
        ],
    )


def _told(ref: Ref) -> list[str]:
    return [str(part) for part in ref]


def _ref(told: Sequence[str]) -> Ref:
    return UUID(told[0]), UUID(told[1])
