"""Gold: frame ranges whose right labels are known, mixed in unseen.

A gold task is a copy of its frame range that looks like any task: same model, fields, states and
URLs. Only rows of this room and the flag that is in no answer to an annotator tell it apart.

Gold with a quiz level is for quizzes alone. People know that quizzes have right labels, so its
frames are never those of gold that is mixed in.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.outbox.events import emit
from core.tenancy.scope import require_tenant, scope
from core.tenancy.statements import run_prepared
from tenants.intake.models import Clip
from tenants.projects.models import OntologyVersion
from tenants.projects.services import current_ontology
from workforce.labels.canonical import canonical_labels, content_hash
from workforce.labels.models import LabelSet
from workforce.labels.ontology import Ontology
from workforce.labels.spans import Stage, read_spans
from workforce.labels.store import get_task, latest_label_set, picture_in, zones_of
from workforce.labels.tracks import read_tracks
from workforce.people.services import LEVELS, TASK_TYPES
from workforce.quality.models import GoldExposure, GoldTruth, QuizItem, Score
from workforce.quality.policies import policy_of
from workforce.quality.posterior import gold_rate, posterior
from workforce.tasks.models import Task
from workforce.tasks.slicing import ranges

#: Whether gold could come in place of an entry `q` of the queue, in SQL, in the client's scope.
MAY_BE_GOLD = """q.work = 'annotate' and exists (
  select from quality_goldtruth g where g.tenant_id = q.tenant_id and g.project_id = q.project_id
    and g.task_type = q.skill and g.state = 'active' and g.quiz_level is null)"""
# Asked at every lease, and mostly answered by no row.
_ANY_GOLD = """
select 1 from quality_goldtruth where tenant_id = %(tenant)s and project_id = %(project)s
  and task_type = %(type)s and state = 'active' and quiz_level is null limit 1
"""
# Not predictable by who is measured.
_dice = random.SystemRandom()


@dataclass(frozen=True)
class GoldRange:
    """Where a piece of gold lies: frames 0-based of the whole clip, the last one included."""

    clip_id: UUID
    start_frame: int
    end_frame: int
    task_type: str = "boxes"


def create_gold(
    *,
    actor: Actor,
    tenant: UUID,
    where: GoldRange,
    tracks: list[Any],
    events: list[Any] | None = None,
    replaces: UUID | None = None,
    quiz_level: int | None = None,
) -> GoldTruth:
    """Store the right labels of a frame range (tracks and events in the wire form) as gold.

    `replaces` names gold of which this is the next version; the old one is retired. `quiz_level`
    makes it gold for quizzes that lead to this level. Raises NotFound, Invalid for wrong ranges or
    tracks, Conflict when the clip is not ready or its frames are gold of the other use.
    """
    if where.task_type == Task.LINKS:
        raise Invalid("Gold of links is made of a task that was accepted.", field="task_type")
    with scope(tenant):
        clip = _ready_clip(where)
        _check_use(where, quiz_level)
        ontology = current_ontology(clip.project)
        known = Ontology.from_document(ontology.document)
        picture = picture_in(clip, where.start_frame, where.end_frame)
        checked = read_tracks(tracks, ontology=known, picture=picture)
        labels = {track.id: track.label for track in checked}
        spans = read_spans(events or [], stage=Stage(known, picture, labels, zones_of(clip)))
        replaced = _retired(actor, replaces, quiz_level)
        content = canonical_labels(checked, spans)
        gold = _new_gold(clip, ontology, where, content, replaced=replaced, quiz_level=quiz_level)
        _note_created(actor, gold)
        return gold


def create_gold_from_task(
    *, actor: Actor, tenant: UUID, task_id: UUID, quiz_level: int | None = None
) -> GoldTruth:
    """Make gold of labels that a reviewer accepted. Raises NotFound, Invalid, Conflict."""
    with scope(tenant):
        task = get_task(task_id)
        label_set = latest_label_set(task_id)
        if task.is_copy or label_set is None or task.state != Task.State.ACCEPTED:
            raise Conflict("Only labels that were accepted can become gold; review them first.")
        where = GoldRange(task.clip_id, task.start_frame, task.end_frame, task.task_type)
        clip = _ready_clip(where)
        _check_use(where, quiz_level)
        _check_new(where)
        content = label_set.content.encode()
        gold = _new_gold(clip, task.ontology, where, content, quiz_level=quiz_level)
        _note_created(actor, gold)
        return gold


def _ready_clip(where: GoldRange) -> Clip:
    clip: Clip | None = Clip.objects.select_related("project").filter(id=where.clip_id).first()
    if clip is None:
        raise NotFound
    if clip.state != Clip.State.READY or not clip.frame_count:
        raise Conflict("This clip is not ready; gold is cut from prepared clips.")
    if not 0 <= where.start_frame <= where.end_frame < clip.frame_count:
        raise Invalid(
            f"The clip has frames 0 to {clip.frame_count - 1}; give a range within them.",
            field="end_frame",
        )
    if where.task_type not in TASK_TYPES:
        raise Invalid(f"There is no task type {where.task_type}.", field="task_type")
    return clip


def _check_use(where: GoldRange, quiz_level: int | None) -> None:
    """Keep the two uses of gold apart: whoever took a quiz would know the other by its frames."""
    if quiz_level is not None and quiz_level not in LEVELS[1:]:
        raise Invalid(
            f"A quiz leads to a level from {LEVELS[1]} to {LEVELS[-1]}.", field="quiz_level"
        )
    others = GoldTruth.objects.filter(
        clip_id=where.clip_id, start_frame__lte=where.end_frame, end_frame__gte=where.start_frame
    )
    if quiz_level is None and others.filter(quiz_level__isnull=False).exists():
        raise Conflict("These frames are or were in a quiz: people know them. Choose others.")
    if quiz_level is not None and others.filter(quiz_level=None, state="active").exists():
        raise Conflict("These frames are gold that is mixed into work: retire it first.")


def _check_new(where: GoldRange) -> None:
    """Two pieces of the very same frames would be one that a person may meet twice."""
    same = GoldTruth.objects.filter(
        clip_id=where.clip_id,
        start_frame=where.start_frame,
        end_frame=where.end_frame,
        task_type=where.task_type,
        state=GoldTruth.State.ACTIVE,
    )
    if same.exists():
        raise Conflict("These frames are gold already: make its next version.")


def _retired(actor: Actor, gold_id: UUID | None, quiz_level: int | None) -> GoldTruth | None:
    if gold_id is None:
        return None
    gold = _get_gold(gold_id)
    if gold.state == GoldTruth.State.RETIRED:
        raise Conflict("This gold is retired already; replace its newest version.")
    if gold.quiz_level != quiz_level:
        raise Conflict("A new version is for the same use: quizzes of one level, or work.")
    _retire(actor, gold)
    return gold


def _get_gold(gold_id: UUID) -> GoldTruth:
    gold: GoldTruth | None = GoldTruth.objects.select_for_update().filter(id=gold_id).first()
    if gold is None:
        raise NotFound
    return gold


def _new_gold(
    clip: Clip,
    ontology: OntologyVersion,
    where: GoldRange,
    content: bytes,
    *,
    replaced: GoldTruth | None = None,
    quiz_level: int | None = None,
) -> GoldTruth:
    gold: GoldTruth = GoldTruth.objects.create(
        tenant_id=clip.tenant_id,
        project=clip.project,
        clip=clip,
        ontology=ontology,
        task_type=where.task_type,
        start_frame=where.start_frame,
        end_frame=where.end_frame,
        content=content.decode(),
        sha256=content_hash(content),
        version=replaced.version + 1 if replaced else 1,
        replaces=replaced,
        quiz_level=quiz_level,
    )
    return gold


def _note_created(actor: Actor, gold: GoldTruth) -> None:
    record(
        action="gold.created",
        actor=actor,
        tenant=gold.tenant_id,
        subject=("gold", gold.id),
        details={
            "clip": str(gold.clip_id),
            "sha256": gold.sha256,
            "version": gold.version,
            "quiz_level": gold.quiz_level,
        },
    )
    emit("gold.created", tenant=gold.tenant_id, data={"gold": str(gold.id)})


def retire_gold(*, actor: Actor, tenant: UUID, gold_id: UUID) -> GoldTruth:
    """Take gold out of use; what was scored with it stays. Raises NotFound."""
    with scope(tenant):
        gold = _get_gold(gold_id)
        _retire(actor, gold)
    return gold


def _retire(actor: Actor, gold: GoldTruth) -> None:
    gold.state = GoldTruth.State.RETIRED
    gold.save(update_fields=["state"])
    record(action="gold.retired", actor=actor, tenant=gold.tenant_id, subject=("gold", gold.id))


def draw_gold(*, person: UUID, project_id: UUID, task_type: str) -> GoldTruth | None:
    """Decide whether this person's next task is gold, and which; None: give them work.

    Called inside the lease, in the client's scope. The less is known of the person here, the more
    often. Footage that the person has had already, as gold in any version or as work, is never
    given to them as gold.
    """
    wanted = {"tenant": require_tenant(), "project": project_id, "type": task_type}
    if not run_prepared(_ANY_GOLD, wanted):
        return None
    policy = policy_of(project_id)
    outcomes = Score.objects.filter(person_id=person, skill=task_type)
    known = posterior(outcomes.values_list("scored_at", "passed"), now())
    rate = gold_rate(known, least=policy.gold_rate_min, most=policy.gold_rate_max)
    if _dice.random() >= rate:
        return None
    return _unseen(person=person, project_id=project_id, task_type=task_type)


def fits_work(gold: GoldTruth) -> bool:
    """Whether the project's work is cut into this range too.

    If not, an annotator who compares ranges could tell the gold by its frames.
    """
    project, frames = gold.project, gold.clip.frame_count
    assert frames, "gold is cut from prepared clips"
    cut = ranges(frames, project.task_frames, project.task_overlap)
    return (gold.start_frame, gold.end_frame) in cut


def _had(person: UUID) -> list[tuple[UUID, int, int]]:
    """Clip and frames of all gold and work that the person has had here."""
    exposed = GoldExposure.objects.filter(person_id=person).values_list(
        "truth__clip_id", "truth__start_frame", "truth__end_frame"
    )
    worked = LabelSet.objects.filter(author_id=person).values_list(
        "task__clip_id", "task__start_frame", "task__end_frame"
    )
    quizzed = QuizItem.objects.filter(person_id=person).values_list(
        "truth__clip_id", "truth__start_frame", "truth__end_frame"
    )
    return [*exposed, *worked, *quizzed]


def _unseen(*, person: UUID, project_id: UUID, task_type: str) -> GoldTruth | None:
    had = _had(person)
    candidates = GoldTruth.objects.filter(
        project_id=project_id,
        task_type=task_type,
        state=GoldTruth.State.ACTIVE,
        quiz_level__isnull=True,
    ).order_by("exposures", "id")
    for gold in candidates.select_for_update(skip_locked=True)[:50]:
        if not any(_shares_frames(gold, *taken) for taken in had):
            found: GoldTruth = gold
            return found
    return None


def unseen_quiz_gold(*, person: UUID, skill: str, level: int) -> list[GoldTruth]:
    """Gold of the open scope for quizzes, the least used first, none of it on known frames.

    What the person has had in any form is left out, and no two pieces share frames.
    """
    had, found = _had(person), []
    rows = GoldTruth.objects.filter(
        quiz_level=level, task_type=skill, state=GoldTruth.State.ACTIVE
    ).select_related("project", "clip")
    for gold in rows.order_by("exposures", "id"):
        if not any(_shares_frames(gold, *taken) for taken in had):
            found.append(gold)
            had.append((gold.clip_id, gold.start_frame, gold.end_frame))
    return found


def _shares_frames(gold: GoldTruth, clip_id: UUID, start: int, end: int) -> bool:
    return gold.clip_id == clip_id and gold.start_frame <= end and start <= gold.end_frame


def expose_gold(*, gold: GoldTruth, task: Task, person: UUID) -> GoldExposure:
    """Note that `task`, a copy of `gold`, goes to `person`; in the lease's transaction."""
    exposure: GoldExposure = GoldExposure.objects.create(
        tenant_id=gold.tenant_id, truth=gold, task=task, person_id=person
    )
    count_exposure(gold)
    return exposure


def count_exposure(gold: GoldTruth) -> None:
    """Count one more person who knows a piece of gold; it is retired when too many do."""
    GoldTruth.objects.filter(id=gold.id).update(exposures=F("exposures") + 1)
    gold.refresh_from_db(fields=["exposures"])
    if gold.exposures >= policy_of(gold.project_id).max_exposures:
        _retire(Actor.system("quality"), gold)
