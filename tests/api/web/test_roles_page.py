"""What each role may do is said from the list that the door reads."""

from core.access.permissions import (
    AUDITED_PERMISSIONS,
    ENGAGED_PERMISSIONS,
    ROLE_PERMISSIONS,
    Permission,
    Role,
)
from core.access.sentences import ABOUT, MAY, TITLES, parts_of
from core.web.help_pages import KINDS


def test_every_permission_and_role_is_said_in_words():
    assert set(MAY) == set(Permission)
    assert set(TITLES) == set(ABOUT) == set(Role)
    assert sorted(role for roles in KINDS.values() for role in roles) == sorted(Role)


def test_a_role_is_said_to_allow_what_it_allows_and_nothing_else():
    for role in Role:
        said = {sentence for _, sentences in parts_of(role) for sentence in sentences}
        held = ROLE_PERMISSIONS[role] | ENGAGED_PERMISSIONS.get(role, frozenset())
        if role == Role.AUDITOR:
            held = AUDITED_PERMISSIONS
        assert said == {MAY[permission] for permission in held}


def test_the_page_says_who_one_is(cast, clara):
    html = clara.get("/help/roles").content.decode()
    assert "<b>Client administrator</b> in harbour" in html
    assert html.count("onto__i--mine") == 1
    assert "erase footage for good, with a certificate" in html


def test_a_refusal_leads_to_it(cast, api):
    answer = api(cast.vera).get("/t/harbour/log")
    assert answer.status_code == 403
    assert 'href="/help/roles"' in answer.content.decode()
