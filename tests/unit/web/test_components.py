"""The parts that pages are made of: words, accessible names, numbers where they belong."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import TemplateSyntaxError, engines
from django.test import RequestFactory
from django.utils import timezone
from django.utils.dateformat import format as date_format

from core.web.templatetags import custos, custos_charts
from core.web.written import FORMS, written_instant

START = datetime(2026, 11, 19, tzinfo=UTC)


def render(source: str, query: str = "", **context) -> str:
    template = engines["django"].from_string("{% load custos custos_charts %}" + source)
    return template.render(context, RequestFactory().get(f"/{query}"))


def after(days: float) -> datetime:
    return START + timedelta(days=days)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_860_000_000, "1.86 GB"), (5e16, "5e+04 TB")],
)
def test_sizes_are_decimal_with_three_digits(value, text):
    assert custos.data_size(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (7500, "2 h 05"), (277_000, "3 d 4 h")],
)
def test_durations_are_said_as_people_say_them(seconds, text):
    assert custos.duration(seconds) == text


@pytest.mark.parametrize(
    ("price", "text"),
    [("0.4", "0.40"), ("12", "12.00"), ("0.01250", "0.0125"), ("1200", "1,200.00")],
)
def test_a_price_has_two_decimals_or_all_it_needs(price, text):
    assert custos.unit_price(Decimal(price)) == text


@pytest.mark.parametrize("form", [*FORMS, "j F Y, H:i"])
@pytest.mark.parametrize("at", [START, datetime(2026, 3, 5, 7, 8, 9, tzinfo=UTC)])
def test_an_instant_is_written_as_django_writes_it(form, at):
    with timezone.override("Asia/Kolkata"):
        shown = re.search(r">([^<]+)</time>", written_instant(at, form))[1]
        assert shown == date_format(timezone.localtime(at), form)


def test_a_clip_is_called_by_its_name_where_that_may_be_read():
    clip = UUID("e3865a71-901f-4782-bcf0-4befe504ce25")
    assert custos.named(clip, {str(clip): "gate.mp4"}) == "gate.mp4"
    assert custos.named(clip, {}) == "e3865a71"


def test_text_of_others_never_becomes_markup():
    evil = "<img src=x onerror=alert(1)>"
    for source in (
        '{% pill "ok" evil %}',
        "{% button evil href=evil %}",
        '{% note "bad" %}{{ evil }}{% endnote %}',
        "{% panel evil sub=evil more=evil %}{{ evil }}{% endpanel %}",
        "{% page_head evil sub=evil %}{{ evil }}{% endpage_head %}",
        "{% data_table evil %}{{ evil }}{% enddata_table %}",
        "{% empty evil %}{{ evil }}{% endempty %}",
        "{% summary pairs %}{% avatar evil %}",
        "{% steps items %}",
    ):
        html = render(
            source,
            evil=evil,
            pairs=[(evil, evil)],
            items=[{"state": "done", "title": evil, "text": evil}],
        )
        assert "<img" not in html, source


def test_a_status_has_an_icon_of_its_own_and_an_unknown_one_is_a_mistake():
    icons = {
        re.search(r"#([a-z-]+)", render(f'{{% pill "{s}" "x" %}}'))[1] for s in custos.STATUS_ICONS
    }
    assert len(icons) == len(custos.STATUS_ICONS)
    with pytest.raises(TemplateSyntaxError, match="unknown status"):
        render('{% state "fine" "x" %}')


def test_an_icon_button_is_named_and_a_link_is_a_link():
    html = render('{% button "Search" kind="icon" picture="search" aria_pressed="true" %}')
    assert 'aria-label="Search"' in html
    assert 'aria-pressed="true"' in html
    assert render('{% button "Open" href="/x" %}').startswith('<a class="btn" href="/x"')
    assert 'type="button"' in render('{% button "Act" type="button" %}')


def test_an_icon_is_hidden_unless_it_speaks():
    assert 'aria-hidden="true"' in render('{% icon "check" %}')
    assert 'role="img" aria-label="done"' in render('{% icon "check" "sm" "done" %}')


def test_a_head_without_actions_has_no_place_for_them():
    assert "head__act" not in render('{% page_head "Board" work=True %} {% endpage_head %}')


class Form(forms.Form):
    name = forms.CharField(help_text="As on the contract.")
    size = forms.ChoiceField(choices=[("s", "S")], widget=forms.RadioSelect)
    agreed = forms.BooleanField()

    def clean(self):
        if self.data.get("name") == "both":
            raise forms.ValidationError("These two do not go together.")


def test_one_wrong_field_speaks_for_itself_and_several_are_summed_up():
    one = Form({"size": "s", "agreed": "on"})
    assert render("{% error_summary form %}", form=one) == ""
    html = render("{% field form.name %}", form=one)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name-e id_name-h"' in html
    assert 'id="id_name-e"' in html
    several = render("{% error_summary form %}", form=Form({}))
    assert "3 things need a change." in several
    assert 'href="#id_name"' in several
    whole = Form({"name": "both", "size": "s", "agreed": "on"})
    assert "These two do not go together." in render("{% error_summary form %}", form=whole)


def test_radios_are_a_group_and_a_checkbox_stands_before_its_label():
    form = Form()
    assert "<fieldset" in render("{% field form.size %}", form=form)
    assert 'class="check"' in render("{% field form.agreed %}", form=form)
    assert "optional" not in render("{% field form.name %}", form=form)


def test_pages_keep_the_query():
    html = render(
        '{% pagination page "clips" %}', "?q=gate&page=2", page=Paginator(range(60), 25).page(2)
    )
    assert "26–50 of 60 clips" in html
    assert 'href="?q=gate&amp;page=1"' in html
    assert 'href="?q=gate&amp;page=3"' in html
    assert "<a" not in render('{% pagination page "clips" %}', page=Paginator([1], 25).page(1))


def test_a_time_is_readable_by_machines_and_a_missing_one_says_so():
    assert 'datetime="2026-11-19T00:00:00+00:00"' in render("{% when t %}", t=START)
    assert "not yet" in render("{% when t %}", t=None)
    assert render("{{ t|short_id }}", t="0123456789ab") == "01234567"


def strip(**kwargs) -> str:
    return str(custos_charts.forecast_strip(START, 9, now=after(0.5), due=after(5), **kwargs))


def test_a_forecast_draws_its_band_and_says_it_in_words():
    html = strip(low=after(2), middle=after(3), high=after(4))
    assert 'aria-label="Forecast Sat 21 Nov to Mon 23 Nov; due Tue 24 Nov"' in html
    assert 'x="58.0" y="11" width="58.0"' in html
    assert html.count("c-weekend") == 2
    assert "no forecast yet" in strip()
    assert "Done Fri 20 Nov" in strip(done=after(1))
    assert "url(#hatch)" in strip(low=after(2), middle=after(3), high=after(4), status="hold")


def test_a_forecast_beyond_the_strip_stays_inside_it():
    html = strip(low=after(-3), middle=after(3), high=after(40))
    assert 'x="0" y="11" width="261"' in html


def test_stages_say_how_many_are_done():
    stages = [
        {"name": "Intake", "state": "done"},
        {"name": "Labelling", "state": "current", "share": 0.5},
    ]
    html = str(custos_charts.stage_bar(stages))
    assert 'aria-label="1 of 2 done, Labelling"' in html
    assert 'width="12.0" height="7"' in html
    done = str(custos_charts.stage_bar([{"name": "Intake", "state": "done"}]))
    assert "1 of 1 done, all stages done" in done


def test_a_score_is_drawn_against_the_agreed_limit():
    html = str(custos_charts.dot_plot(0.83, 0.81, 0.85, limit=0.78, scale=(0.7, 1.0)))
    assert 'aria-label="0.83, interval 0.81 to 0.85, agreed at least 0.78"' in html
    assert 'cx="71.9"' in html  # 6 + 152 * 0.13 / 0.30


def test_a_load_over_the_whole_is_drawn_full():
    assert 'width="86.0"' in str(custos_charts.load_bar(1.3, "130 percent of shift, over", "bad"))
