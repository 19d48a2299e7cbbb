"""Batches: what was handed over together, and how far it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator

from core.access.permissions import Permission
from core.clock import now
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.compliance.looks import log_looks_at, looks_at
from tenants.compliance.reading import Reader
from tenants.compliance.retention import kept_until
from tenants.intake.models import Clip
from workforce.delivery.batch_filters import BatchesAsked
from workforce.delivery.batches import (
    BatchProgress,
    Waiting,
    batch_progress,
    get_batch,
    progress_of_batches,
    sealed_clips,
)
from workforce.delivery.progress import PROMISES

#: Batches on a page of the list: each is looked through as on its own page.
PAGE = 8
#: Pictures of its clips, when they are asked for.
PICTURES = 24


#: Who moves what waits for the client, where the reader may not.
OTHERS = "The client's administrators"


def answer(progress: BatchProgress, waiting: Sequence[tuple[str, Waiting]]) -> str:
    """Say in one sentence what matters most about a batch now, to whom `waiting` is addressed."""
    mine = [item for who, item in waiting if who == "You"]
    theirs = [item for who, item in waiting if who == OTHERS]
    if not progress.clips:
        return "nothing of it can be worked on." if progress.refused else "no clip has arrived yet."
    if mine:
        return "one thing waits for you." if len(mine) == 1 else f"{len(mine)} things wait for you."
    if theirs:
        return "it waits for the client."
    if progress.stages[-1].state == "done":
        return "all of it is accepted."
    risk = progress.riskiest
    words = {"late": "late.", "at_risk": "it may be late.", "done_late": "delivered late."}
    return words.get(risk.state if risk else "", "on time.")


class AddressedPage(TenantPage):
    """A page that says what waits for whom, and who of them its reader is."""

    def waiting(self, progress: BatchProgress) -> list[tuple[str, Waiting]]:
        """Give who can move what of a batch; what the reader can't is others' to do."""
        return [
            (item.who if item.needs is None or self.holds(item.needs) else OTHERS, item)
            for item in progress.waiting
        ]


class Batches(AddressedPage):
    """All batches, or those that are asked for, the newest first."""

    permission = Permission.CLIP_LIST
    template_name = "delivery/batches.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            form = BatchesAsked(self.request.GET)
            page = Paginator(form.batches(), PAGE).get_page(self.request.GET.get("page"))
            rows = progress_of_batches(page, instants=False)
        return super().get_context_data(
            rows=[
                {"p": row, "promise": _promise(row), "first": next(iter(self.waiting(row)), None)}
                for row in rows
            ],
            page=page,
            form=form,
            **kwargs,
        )


class BatchPage(AddressedPage):
    """One batch from intake to acceptance."""

    permission = Permission.CLIP_LIST
    template_name = "delivery/batch.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            batch = get_batch(kwargs["batch"])
            progress = batch_progress(batch)
            kept = kept_until([clip.created_at for clip in [*progress.clips, *progress.refused]])
            sealed = sealed_clips(batch)
            seen = looks_at(sealed) if self.holds(Permission.LOG_READ) else None
        if seen is not None:
            log_looks_at(Reader(self.actor, self.tenant.id), batch.id)
        instant, waiting = now(), self.waiting(progress)
        found = progress.outlooks
        clips = [(clip, found[clip.id], PROMISES[found[clip.id].state]) for clip in progress.clips]
        kwargs["batch"] = batch
        return super().get_context_data(
            title=f"{batch.name}: {answer(progress, waiting)}",
            waiting=waiting,
            p=progress,
            clips=clips,
            pictured=self._pictured(progress),
            promise=_promise(progress),
            kept=kept,
            keys=sorted({key for key in sealed.values() if key is not None}),
            seen=seen,
            today=instant.date(),
            instant=instant,
            span=_span(progress, instant),
            **kwargs,
        )

    def _pictured(self, progress: BatchProgress) -> list[Clip]:
        """Give the clips whose first pictures are asked for; each leaves its receipt."""
        asked = self.request.GET.get("view") == "pictures" and self.holds(Permission.CLIP_WATCH)
        read = [clip for clip in progress.clips if isinstance(clip, Clip)] if asked else []
        return [clip for clip in read if clip.thumbnails_id][:PICTURES]


def _promise(progress: BatchProgress) -> tuple[str, str]:
    risk = progress.riskiest
    return PROMISES[risk.state if risk else "unstarted"]


def _span(progress: BatchProgress, instant: datetime) -> tuple[datetime, datetime]:
    """First and last instant of the picture: from the arrival until all is known or agreed."""
    latest = progress.latest
    began = [progress.stages[0].began, *(pause.began for pause in progress.pauses)]
    first = min([progress.batch.created_at, *filter(None, began)])
    known = [stage.ended for stage in progress.stages if stage.ended]
    last = max([instant, *known, *filter(None, [progress.due, latest.high if latest else None])])
    # A far due date (no contract yet) would press all that happened into one line.
    last = min(last, instant + timedelta(days=60))
    return first, max(last, first + timedelta(hours=1))
