"""The client's pages: home, footage, releases."""

import base64
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from core.access.permissions import Permission
from core.errors import Conflict, Invalid, NotFound
from core.tenancy.scope import require_tenant, scope
from core.web.first_step_pages import checklist_for
from core.web.pages import TenantPage
from tenants.compliance.looks import Looks, looks_today
from tenants.compliance.models import Webhook
from tenants.compliance.reading import Reader
from tenants.contracts.models import Contract
from tenants.contracts.services import sign_contract
from tenants.intake.footage import Viewer, thumbnail_frames
from tenants.intake.models import Clip
from tenants.projects.models import Camera, Project
from workforce.delivery import (
    first_steps,  # noqa: F401 - registers the client's
    services,
)
from workforce.delivery.acceptance import accept_release
from workforce.delivery.card import card_of
from workforce.delivery.card_pictures import pictured_clips
from workforce.delivery.diff import diff_manifests
from workforce.delivery.dispute_form import DisputeForm
from workforce.delivery.disputes import dispute_release
from workforce.delivery.library import NEWEST, ORDERS, Asked, clips_asked
from workforce.delivery.models import FORMATS, Release
from workforce.delivery.outlook import outlooks
from workforce.delivery.progress import progress_of
from workforce.delivery.release_gate import set_waiting, waiting_for_seams
from workforce.delivery.running import running_clips
from workforce.delivery.standing import standing_for_client
from workforce.delivery.strips import STRIP_DAYS, strip_start
from workforce.delivery.unfinished import UploadsListed, unfinished_uploads
from workforce.quality import insight
from workforce.tasks.models import Task

PAGE, PICTURES = 50, 24
#: Clips on the first page, the newest; and those whose dates are nearest, which are looked at too.
NEWEST_CLIPS, URGENT = 12, 12
#: Projects of which the next version is offered at once.
NEXT = 20
#: Lines of what was looked at, and rows of quality, on the first page.
LOOKS, RATES = 5, 4
#: Seconds for which quality is kept while nothing new is measured.
QUALITY_KEPT = 600
#: Questions about clips on the first page.
ASKED = 5
#: Clips of which a version's card shows a picture, and pictures of a clip on its page.
SHOWN = 8


#: What a list of releases does not show, and what is long: a line or more for each clip.
LONG = ("manifest", "units")


def released_clips(among: Iterable[Clip] | None = None) -> set[UUID]:
    """List the clips that are in a release, of all or of those given, in the open scope."""
    states = [Release.State.READY, Release.State.ACCEPTED, Release.State.DISPUTED]
    rows = Release.objects.filter(state__in=states)
    if among is None:
        return {UUID(clip) for clips in rows.values_list("clips", flat=True) for clip in clips}
    projects = {clip.id: clip.project_id for clip in among}
    rows = rows.filter(
        project_id__in=set(projects.values()), clips__has_any_keys=[str(clip) for clip in projects]
    )
    found = {UUID(clip) for clips in rows.values_list("clips", flat=True) for clip in clips}
    return found & set(projects)


def answer(late: int, waiting: int, clips: int, risky: int = 0, *, whole: bool = True) -> str:
    """Say in one sentence how things stand.

    risky: clips that may be late, of all that are in work (whole), or of some.
    """
    if not clips and not waiting:
        return "No footage yet. Add the first clip."
    first = {0: "All footage is on time.", 1: "One clip is late."}.get(
        late, f"{late:,} clips are late."
    )
    if risky and not late:
        number = f"{'One' if risky == 1 else risky} clip{'s'[: risky != 1]}"
        first = f"{number} may be late." if whole else f"{number} or more may be late."
    if not clips:
        first = "No footage yet."
    second = {0: "Nothing waits for you.", 1: "One thing waits for you."}
    return f"{first} {second.get(waiting, f'{waiting} things wait for you.')}"


class ClientHome(TenantPage):
    """Where is my footage, will it be on time, how good is it, who looked, what waits for me?"""

    permission = Permission.CLIP_LIST
    permissions: ClassVar = {"POST": Permission.CONTRACT_SIGN}
    template_name = "delivery/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            clips = list(Clip.objects.order_by("-created_at")[:NEWEST_CLIPS])
            running = running_clips()
            found = outlooks([*(clip.id for clip in clips), *running.clips[:URGENT]])
            progress = progress_of(clips, released_clips(clips), found)
            waiting = self._waiting(sum(p.stage == 4 for p in progress))
            total, late = Clip.objects.count(), running.late
            risky = sum(outlook.state == "at_risk" for outlook in found.values())
            projects = Project.objects.exists()
            quality = _quality() if self.holds(Permission.QUALITY_READ) else {}
        steps = checklist_for(self)
        left = len(steps.items) - steps.settled if steps is not None else 0
        return super().get_context_data(
            title=answer(late, len(waiting), total, risky, whole=len(running.clips) <= URGENT)
            if total or not left
            else f"Welcome. {left} step{'s'[: left != 1]} to your first labels.",
            checklist=steps,
            progress=progress,
            start=strip_start(timezone.now()),
            days=STRIP_DAYS,
            late=late if self.holds(Permission.RELEASE_READ) else 0,
            waiting=waiting,
            total=total,
            projects=projects,
            quality=quality,
            looks=self._looks() if self.holds(Permission.LOG_READ) else None,
            add_url=f"/t/{self.tenant.slug}/clips/add",
            **kwargs,
        )

    def _looks(self) -> Looks:
        return looks_today(Reader(self.actor, self.tenant.id), LOOKS)

    def _waiting(self, finished: int) -> list[dict[str, Any]]:
        """Give what waits for this person; finished: clips of the page that no version holds."""
        base = f"/t/{self.tenant.slug}"
        waiting: list[dict[str, Any]] = []
        if self.holds(Permission.CONTRACT_SIGN):
            waiting.extend(
                {"kind": "contract", "contract": contract, "status": "hold"}
                for contract in Contract.objects.filter(state=Contract.State.DRAFT)
            )
        if self.holds(Permission.CLOCK_ANSWER):
            waiting.extend(
                {"kind": "clock", "pause": pause, "url": f"{base}/sla/{pause.clip_id}"}
                for pause in standing_for_client(ASKED)
            )
        if self.holds(Permission.RELEASE_ACCEPT):
            waiting.extend(
                {"kind": "release", "release": release, "url": f"{base}/releases/{release.id}"}
                for release in Release.objects.defer(*LONG).filter(state=Release.State.READY)
            )
        if finished and self.holds(Permission.RELEASE_BUILD):
            waiting.append({"kind": "finished", "count": finished, "url": f"{base}/releases"})
        if self.holds(Permission.UPLOAD_CREATE):
            waiting.extend(
                {"kind": "refused", "clip": clip, "url": f"{base}/clips/{clip.id}"}
                for clip in Clip.objects.filter(state=Clip.State.REFUSED)[:5]
            )
        if self.holds(Permission.LOG_WITNESS):
            broken = Webhook.objects.filter(pause_cause=Webhook.Cause.FAILURE)
            waiting.extend(
                {"kind": "webhook", "webhook": webhook, "url": f"{base}/log/webhook"}
                for webhook in broken
            )
        return waiting

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Sign the contract that waits."""
        try:
            contract_id = UUID(request.POST.get("contract", ""))
        except ValueError as error:
            raise NotFound from error
        sign_contract(actor=self.actor, tenant=self.tenant.id, contract_id=contract_id)
        messages.info(request, "The contract is signed and in force.")
        return redirect(f"/t/{self.tenant.slug}/home")


def _quality() -> dict[str, Any]:
    """Give shares of wrong boxes: over all, and where most are wrong; empty while unmeasured.

    Read anew after each new score; else kept for some minutes, as it reads hundreds.
    """
    newest = insight.newest_mark()
    if newest is None:
        return {}
    key = f"home-quality:{require_tenant()}:{newest}"
    kept: dict[str, Any] | None = cache.get(key)
    if kept is None:
        overall, cameras, labels = insight.rates(insight.measured_scores())
        kept = {
            "overall": asdict(overall) if overall else None,
            "labels": [asdict(row) for row in labels[:RATES]],
            "camera": asdict(cameras[0]) if len(cameras) > 1 else None,
        }
        cache.set(key, kept, QUALITY_KEPT)
    if kept["overall"] is None:
        return {}
    overall = insight.Rate(**kept["overall"])
    rows = [replace(overall, name="All boxes"), *(insight.Rate(**row) for row in kept["labels"])]
    return {
        "overall": overall,
        "rows": rows,
        "most": max(row.high or row.rate for row in rows) or 1.0,
        "camera": kept["camera"],
    }


class Clips(UploadsListed):
    """The library: all footage, by name, camera, site, day and state; with pictures if asked for.

    A picture is a look at the footage: each leaves its receipt when the browser fetches it.
    """

    permission = Permission.CLIP_LIST
    template_name = "delivery/clips.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        order = asked.get("order", NEWEST)
        order = order if order in ORDERS else NEWEST
        pictures = asked.get("view") == "pictures" and self.holds(Permission.CLIP_WATCH)
        with scope(self.tenant.id):
            form = Asked(asked)
            # Only these two filters ask it of all clips; else it is asked of those on the page.
            every = asked.get("state") in {"work", "released"}
            released = released_clips() if every else set()
            clips = clips_asked(form, order, released)
            paginator = Paginator(clips, PICTURES if pictures else PAGE)
            page = paginator.get_page(asked.get("page"))
            clips_shown = list(page.object_list)
            if not every:
                released = released_clips(clips_shown)
            progress = progress_of(clips_shown, released)
            uploads = unfinished_uploads()
        return super().get_context_data(
            page=page,
            progress=progress,
            uploads=uploads,
            form=form,
            order=order,
            pictures=pictures,
            kept={
                "order": order if asked.get("order") else "",
                "view": "pictures" if pictures else "",
            },
            **kwargs,
        )


class ClipPage(TenantPage):
    """One clip: what it is, where it is, its tasks, the versions that hold it.

    Its pictures are shown when they are asked for: each leaves its receipt.
    """

    permission = Permission.CLIP_LIST
    template_name = "delivery/clip.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            clip = (
                Clip.objects.select_related("project", "camera__site", "source", "batch")
                .filter(id=kwargs["clip"])
                .first()
            )
            if clip is None:
                raise NotFound
            (progress,) = progress_of([clip], released_clips([clip]))
            tasks = list(Task.objects.filter(clip=clip, is_copy=False).order_by("start_frame"))
            sha256 = bytes(clip.source.sha256).hex()
            held = Release.objects.filter(project=clip.project_id, clips__contains=[str(clip.id)])
            releases = list(held.defer(*LONG)) if self.holds(Permission.RELEASE_READ) else []
        kwargs["clip"] = clip
        return super().get_context_data(
            progress=progress,
            tasks=tasks,
            sha256=sha256,
            releases=releases,
            pictures=self._pictures(clip),
            **kwargs,
        )

    def _pictures(self, clip: Clip) -> list[tuple[int, int]]:
        """Give numbers and frames of some thumbnails, if they are asked for and may be seen."""
        asked = self.request.GET.get("view") == "pictures" and self.holds(Permission.CLIP_WATCH)
        if not asked or clip.state != Clip.State.READY:
            return []
        frames = list(enumerate(thumbnail_frames(Viewer(self.entry, self.actor), clip.id)))
        return frames[:: -(-len(frames) // SHOWN)] if frames else []


class AddFootage(UploadsListed):
    """Upload from the browser."""

    permission = Permission.UPLOAD_CREATE
    template_name = "delivery/add.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            projects = list(Project.objects.order_by("name"))
            cameras = list(Camera.objects.select_related("site").order_by("site__name", "name"))
            uploads = unfinished_uploads()
        base = f"/t/{self.tenant.slug}"
        return super().get_context_data(
            projects=projects,
            cameras=cameras,
            uploads=uploads,
            upload_endpoint=f"/api/v1{base}/uploads",
            upload_fields="delivery/upload_fields.html",
            upload_done_url=f"{base}/clips",
            **kwargs,
        )


def next_versions(projects: list[Project]) -> list[dict[str, Any]]:
    """Say what the next version of each project would hold and waits for, in two queries."""
    ids = [project.id for project in projects]
    counted = services.count_finished(ids)
    waiting = waiting_for_seams(ids)
    return [
        {
            "project": project,
            "finished": finished,
            "questions": questions,
            "waits": project.id in waiting,
            "held": project.id in waiting and questions > 0,
        }
        for project in projects
        for finished, questions in [counted[project.id]]
    ]


class Releases(TenantPage):
    """Versions of the datasets, and what can be released now."""

    permission = Permission.RELEASE_READ
    permissions: ClassVar = {"POST": Permission.RELEASE_BUILD}
    template_name = "delivery/releases.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            newest = Release.objects.defer(*LONG).select_related("project", "package")
            page = Paginator(newest, PAGE).get_page(self.request.GET.get("page"))
            projects = Paginator(Project.objects.order_by("name", "id"), NEXT).get_page(
                self.request.GET.get("projects")
            )
            following = (
                next_versions(list(projects)) if self.holds(Permission.RELEASE_BUILD) else []
            )
        return super().get_context_data(
            releases=page,
            projects=projects,
            following=following,
            formats=FORMATS,
            webhook_url=f"/t/{self.tenant.slug}/log/webhook",
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Order the next version of a project, or say whether it waits for open questions."""
        try:
            project_id = UUID(request.POST.get("project", ""))
        except ValueError as error:
            raise NotFound from error
        wait = request.POST.get("wait")
        if wait in {"yes", "no"}:
            self.entry.require(Permission.PROJECT_EDIT)
            set_waiting(
                actor=self.actor, tenant=self.tenant.id, project_id=project_id, wait=wait == "yes"
            )
            waiting = "wait for open questions" if wait == "yes" else "do not wait for questions"
            messages.info(request, f"Releases of this project {waiting}.")
            return redirect(request.path)
        try:
            release = services.order_release(
                actor=self.actor, tenant=self.tenant.id, project_id=project_id
            )
        except Conflict as error:
            messages.error(request, error.message)
            return redirect(request.path)
        messages.info(request, f"Version {release.number} is being built.")
        return redirect(f"/t/{self.tenant.slug}/releases/{release.id}")


class ReleasePage(TenantPage):
    """One release: what is in it, its proof, and the client's decision."""

    permission = Permission.RELEASE_READ
    permissions: ClassVar = {"POST": Permission.RELEASE_ACCEPT}
    template_name = "delivery/release.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            release = services.get_release(kwargs["release"])
            project, package = release.project, release.package
            earlier = services.earlier_release(release)
            dispute = release.disputes.first()
            card = card_of(release)
            names = _names(release) if self.holds(Permission.CLIP_LIST) else {}
        pictured = self.request.GET.get("view") == "pictures" and self.holds(
            Permission.RELEASE_DOWNLOAD
        )
        shown = [
            (entry["clip"], names.get(entry["clip"], entry["clip"][:8]))
            for entry in (pictured_clips(release)[:SHOWN] if pictured else [])
        ]
        services.log_release_read(actor=self.actor, release=release)
        signature = base64.b64encode(release.signature).decode() if release.signature else ""
        kwargs["release"] = release
        kwargs.setdefault("dispute_form", DisputeForm(release, names))
        words = {
            Release.State.BUILDING: "is being built",
            Release.State.READY: "waits for a decision",
            Release.State.ACCEPTED: "is accepted",
            Release.State.DISPUTED: "is disputed",
            Release.State.FAILED: "could not be built",
        }
        title = f"Version {release.number} {words[Release.State(release.state)]}."
        return super().get_context_data(
            title=title,
            project=project,
            package=package,
            card=card,
            number=str(release.number),
            shown=shown,
            signature=signature,
            earlier=earlier,
            diff=diff_manifests(earlier.manifest, release.manifest)
            if earlier and earlier.manifest and release.manifest
            else None,
            dispute=dispute,
            names=names,
            sha256=bytes(package.sha256).hex() if package else "",
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str, release: UUID) -> HttpResponse:
        """Accept, or dispute with a reason."""
        try:
            if request.POST.get("decision") != "accept":
                return self._dispute(release)
            accept_release(actor=self.actor, tenant=self.tenant.id, release_id=release)
        except Conflict as error:
            # In another tab, or by somebody else: the page shows what became of it.
            messages.error(request, error.message)
        else:
            messages.info(request, "Accepted. The invoice counts what was delivered.")
        return redirect(request.path)

    def _dispute(self, release_id: UUID) -> HttpResponse:
        """Dispute with the reason and frames of the form; what does not fit is shown in it."""
        with scope(self.tenant.id):
            release = services.get_release(release_id)
            names = _names(release)
        form = DisputeForm(release, names, self.request.POST)
        if form.is_valid():
            try:
                dispute_release(
                    actor=self.actor,
                    tenant=self.tenant.id,
                    release_id=release_id,
                    reason=form.cleaned_data["reason"],
                    pins=form.pins(),
                )
            except Invalid as error:
                form.blame(error)
            else:
                messages.info(self.request, "Disputed. We answer with a new version.")
                return redirect(self.request.path)
        context = self.get_context_data(release=release_id, dispute_form=form)
        return self.render_to_response(context, status=400)


def _names(release: Release) -> dict[str, str]:
    """Give what the clips of a release of the open scope are called, by id."""
    held = Clip.objects.filter(id__in=release.clips).values_list("id", "filename")
    return {str(clip): name for clip, name in held if name}
