"""Pages of projects: the list, a new one, what is labelled in it and its next version."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.access.permissions import Permission
from core.errors import CustosError, Invalid
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.projects import services
from tenants.projects.changes import changes
from tenants.projects.models import OntologyVersion, Project
from tenants.projects.ontology import check_ontology
from tenants.projects.ontology_forms import OntologyForm, fits_a_form
from tenants.projects.ready import TEMPLATES, template
from tenants.projects.seen import as_seen, as_worked


class Projects(TenantPage):
    permission = Permission.PROJECT_READ
    template_name = "projects/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            newest = OntologyVersion.objects.order_by("project_id", "-number")
            rows = newest.distinct("project_id").select_related("project")
            projects = sorted(
                ((row.project, row) for row in rows), key=lambda pair: pair[0].name.lower()
            )
        return super().get_context_data(projects=projects, **kwargs)


class ProjectForm(forms.Form):
    name = forms.CharField(label="Name of the project", max_length=120)
    begin = forms.ChoiceField(
        label="Begin with",
        choices=[(name, called) for name, (called, _) in TEMPLATES.items()],
        initial="surveillance",
        required=False,
        help_text="What is labelled can be changed later; work that is done keeps its version.",
    )
    task_frames = forms.IntegerField(
        label="Frames in a task",
        min_value=2,
        max_value=10_000,
        initial=100,
        required=False,
        help_text="A long clip is cut into tasks of this many frames.",
    )
    task_overlap = forms.IntegerField(
        label="Frames that two neighbours share",
        min_value=0,
        initial=10,
        required=False,
        help_text="Objects are joined across the cut by the frames that both tasks hold.",
    )

    def lengths(self) -> dict[str, int]:
        """Give the lengths that were filled in."""
        named = ("task_frames", "task_overlap")
        return {n: self.cleaned_data[n] for n in named if self.cleaned_data[n] is not None}


class NewProject(TenantPage):
    """A project with one of the ready ontologies."""

    permission = Permission.PROJECT_EDIT
    template_name = "projects/new.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", ProjectForm())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        form = ProjectForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        try:
            services.create_project(
                actor=self.actor,
                tenant=self.tenant.id,
                name=form.cleaned_data["name"],
                ontology=template(form.cleaned_data["begin"] or "surveillance"),
                **form.lengths(),
            )
        except CustosError as error:
            form.add_error(error.field if error.field in form.fields else "name", error.message)
            context = self.get_context_data(form=form)
            return self.render_to_response(context, status=error.status)
        messages.info(request, "The project is made. Add its footage.")
        return redirect(f"/t/{self.tenant.slug}/clips/add")


class ProjectPage(TenantPage):
    """What annotators see: labels with their keys, attributes, events; and all versions."""

    permission = Permission.PROJECT_READ
    template_name = "projects/project.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            project = services.get_project(kwargs["project"])
            versions = list(project.ontology_versions.select_related("created_by"))
            order = services.label_order(project)
        shown = next(
            (v for v in versions if str(v.number) == self.request.GET.get("version")), None
        )
        ontology = shown or versions[0]
        before = next((v for v in versions if v.number == ontology.number - 1), None)
        kwargs["project"] = project
        return super().get_context_data(
            versions=versions,
            ontology=ontology,
            document=as_seen(ontology.document, order),
            told=changes(before.document, ontology.document) if before else [],
            **kwargs,
        )


class EditOntology(TenantPage):
    """The next version of a project's ontology: a form or JSON, looked at before it is written.

    Beside it stands what annotators will see. A script asks for that part alone while one types
    (act=preview); without one it is as new as the page.
    """

    permission = Permission.PROJECT_EDIT
    template_name = "projects/edit.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        project, current = self._current(kwargs["project"])
        as_json = "json" in self.request.GET or not fits_a_form(current.document)
        kwargs["project"] = project
        kwargs.setdefault("form", None if as_json else OntologyForm(current.document))
        kwargs.setdefault("text", json.dumps(current.document, indent=1, ensure_ascii=False))
        kwargs.setdefault("after", current.number)
        kwargs |= self._preview(kwargs)
        return super().get_context_data(
            current=current, as_json=as_json, must_be_json=not fits_a_form(current.document),
            **kwargs,
        )  # fmt: skip

    def _current(self, project_id: UUID) -> tuple[Project, OntologyVersion]:
        with scope(self.tenant.id):
            project = services.get_project(project_id)
            return project, services.current_ontology(project)

    def post(self, request: HttpRequest, tenant: str, project: UUID) -> HttpResponse:
        """Look at the changes (act=look), get another block to fill (label, event), or save."""
        _, current = self._current(project)
        act = request.POST.get("act", "look")
        kept: dict[str, Any] = {"project": project, "after": _number(request.POST.get("after"))}
        if "text" in request.POST:
            kept |= {"text": request.POST["text"], "form": None}
        else:
            kept["form"] = OntologyForm(current.document, _more(request.POST, act))
        if act == "preview":
            return render(request, "projects/preview.html", self._preview(kept))
        try:
            document = None if act in {"label", "event"} else self._document(kept)
        except Invalid as error:
            return self._again(kept, status=400, refused=error.message)
        if document is None:
            return self._again(kept, status=200 if act in {"label", "event"} else 400)
        told = changes(current.document, document)
        if act != "save" or not told:
            return self._again(kept, looked=True, told=told)
        return self._save(project, document, kept)

    def _order(self, project_id: UUID) -> list[str]:
        with scope(self.tenant.id):
            return services.label_order(services.get_project(project_id))

    def _preview(self, kept: dict[str, Any]) -> dict[str, Any]:
        """Give what can be shown of a form or a text as it is now, and what can't be read yet."""
        project = kept["project"]
        order = self._order(project if isinstance(project, UUID) else project.id)
        if kept["form"] is not None:
            document, unread = kept["form"].sketch()
            return {"preview": as_worked(document, order), "unread": unread}
        try:
            document = _sound(kept["text"])
        except Invalid as error:
            return {"preview": None, "unread": [error.message]}
        return {"preview": as_worked(document, order), "unread": []}

    def _document(self, kept: dict[str, Any]) -> dict[str, Any] | None:
        if kept["form"] is not None:
            document: dict[str, Any] | None = kept["form"].document()
            return document
        return _sound(kept["text"])

    def _save(self, project: UUID, document: dict[str, Any], kept: dict[str, Any]) -> HttpResponse:
        try:
            version = services.add_ontology_version(
                actor=self.actor,
                tenant=self.tenant.id,
                project_id=project,
                document=document,
                after=kept["after"],
            )
        except CustosError as error:
            return self._again(kept, status=error.status, refused=error.message)
        messages.success(self.request, f"Version {version.number} is in force for new tasks.")
        return redirect(f"/t/{self.tenant.slug}/projects/{project}")

    def _again(self, kept: dict[str, Any], *, status: int = 200, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**kept, **context), status=status)


def _number(text: str | None) -> int:
    """Read a count that a form carries; 0 for what is none."""
    return int(text) if text and len(text) < 10 and text.isdecimal() else 0


def _sound(text: str) -> dict[str, Any]:
    """Read a document that is written as JSON. Raises Invalid."""
    document: dict[str, Any] = _parsed(text)
    check_ontology(document)
    return document


def _parsed(text: str) -> Any:
    """Read JSON that PostgreSQL can hold. Raises Invalid."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise Invalid("This JSON is nested too deeply.", field="ontology") from error
    except ValueError as error:
        raise Invalid(f"This is no JSON: {error}.", field="ontology") from error


def _no_number(name: str) -> Any:
    raise Invalid(f"{name} is no number of JSON.", field="ontology")


def _more(posted: Any, act: str) -> Any:
    """Give what was posted, with one block more when that was asked for."""
    if act not in {"label", "event"}:
        return posted
    name = f"{act}-TOTAL_FORMS"
    wider = posted.copy()
    wider[name] = str(min(200, _number(posted.get(name)) + 1))
    return wider
