"""How pages look is a person's own choice: it goes with them to each browser."""

import pytest
from django.test import Client

from tests.cast import sign_in


@pytest.fixture
def clara(cast):
    client = Client()
    sign_in(client, cast.clara)
    return client


def look(client: Client) -> tuple[bool, bool]:
    """Say whether the page is dark always, and whether it is as the system has it."""
    page = client.get("/account/").content.decode()
    return 'media="screen" data-dark' in page, "(prefers-color-scheme: dark)" in page


def test_a_page_is_as_the_system_has_it_until_a_person_chooses(clara):
    assert look(clara) == (False, True)
    clara.post("/account/appearance", {"theme": "dark"})
    assert look(clara) == (True, False)
    clara.post("/account/appearance", {"theme": "light"})
    assert look(clara) == (False, False)
    clara.post("/account/appearance", {"theme": "auto"})
    assert look(clara) == (False, True)


def test_the_choice_follows_the_person_to_another_browser(clara, cast):
    clara.post("/account/appearance", {"theme": "dark"})
    elsewhere = Client()
    sign_in(elsewhere, cast.clara)
    assert look(elsewhere) == (True, False)
    other = Client()
    sign_in(other, cast.vera)
    assert look(other) == (False, True)


def test_the_browser_remembers_it_for_pages_before_a_sign_in_and_for_errors(clara):
    clara.post("/account/appearance", {"theme": "dark"})
    clara.logout()
    clara.cookies["theme"] = "dark"
    for address in ("/accounts/login/", "/nothing/here"):
        assert 'media="screen"' in clara.get(address).content.decode()
    clara.cookies["theme"] = '"><q>'
    for address in ("/accounts/login/", "/nothing/here"):
        page = clara.get(address).content.decode()
        assert "(prefers-color-scheme: dark)" in page
        assert "<q>" not in page


def test_it_goes_back_to_the_page_it_was_chosen_on_and_nowhere_else(clara):
    def back(referer):
        answer = clara.post("/account/appearance", {"theme": "dark"}, headers={"referer": referer})
        return answer["Location"]

    assert back("http://testserver/t/harbour/clips") == "http://testserver/t/harbour/clips"
    assert back("https://elsewhere.example/") == "/account/"


def test_no_other_theme_is_taken(clara):
    assert clara.post("/account/appearance", {"theme": "sepia"}).status_code == 400
    assert look(clara) == (False, True)
