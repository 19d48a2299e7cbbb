"""Five kinds of people from an empty database to the end of their main job, by pages alone.

The real portal (`custos up`), a browser for each person, no API and no command but the one that an
installation begins with. CUSTOS_PICTURES names a folder for a picture of each step at 1440 and 390.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.demo.footage import drawn_clip
from core.embedded.layout import DataLayout
from tests.browser.walks.hands import draw_box, go_to, look_at_suspects, shown
from tests.browser.walks.walker import House, Walker
from tests.plugins.portal import started_portal

PASSWORD = "a long sentence of my own"
#: Frames of each clip: enough for two groups of pictures.
FRAMES = 30


@pytest.fixture(scope="module")
def house(browser: Browser) -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="custos-walks-"))
    folder.chmod(0o711)
    wanted = os.environ.get("CUSTOS_PICTURES")
    with started_portal(DataLayout(folder), log=folder / "up.log") as portal:
        # A passkey is bound to a name: people open the portal by localhost.
        url = portal.url.replace("127.0.0.1", "localhost")
        yield House(url, browser, folder, Path(wanted) if wanted else None)


class Cast:
    """Everybody who walks."""

    def __init__(self, house: House) -> None:
        def person(name: str, domain: str) -> Walker:
            first = name.split(maxsplit=1)[0].lower()
            return Walker(house, name, f"{first}@{domain}.example", PASSWORD)

        self.olga = person("Olga Brandt", "custos")
        self.arthur = person("Arthur Weil", "custos")
        self.clara = person("Clara Voss", "pier-nine")
        self.nina = person("Nina Okafor", "steady-hands")
        self.anna = person("Anna Lind", "steady-hands")
        self.rafael = person("Rafael Costa", "steady-hands")


@pytest.mark.slow(seconds=240)
@pytest.mark.timeout(900)
def test_five_kinds_of_people_walk_from_an_empty_portal_to_their_jobs_end(house):
    cast = Cast(house)
    the_operator_comes_in(house, cast.olga)
    the_client_and_the_vendor_apply(cast)
    client, vendor = the_operator_lets_them_in(cast.olga)
    the_client_signs_and_sets_up(cast, client)
    the_vendor_takes_people_on(cast, vendor)
    the_client_sends_footage(house, cast.clara)
    the_manager_gives_work_out(cast.nina)
    the_annotator_labels(cast.anna)
    the_reviewer_reviews(cast.rafael)
    the_client_wants_masks_checked(cast.clara)
    the_reviewer_checks_masks(cast.rafael)
    the_client_takes_delivery(cast.clara)
    the_operator_bills(cast.olga)
    the_client_reads_the_invoice(cast.clara)
    the_auditor_comes_in(cast)
    the_auditor_proves(house, cast.arthur)
    the_operator_looks_after_the_house(cast.olga)
    assert house.errors == []


def the_operator_comes_in(house: House, olga: Walker) -> None:
    _first_operator(house, olga)
    with olga.step("operator signs in for the first time"):
        olga.sign_in()
        expect(olga.page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    with olga.step("operator keeps recovery codes"):
        olga.add_passkey()
        olga.sees("10 of 10 are left.")
    with olga.step("operator at an empty desk"):
        olga.follow("Done")
        olga.sees("Nobody waits for you.", "First steps", "0 of 5 done", "The first client")


def _first_operator(house: House, olga: Walker) -> None:
    """By the command that docs/operations.md tells an installation to begin with."""
    subprocess.run(
        [sys.executable, "-P", "-m", "django", "create_operator", olga.email, "--name", olga.name],
        env={
            **os.environ,
            "CUSTOS_DATA": str(house.data),
            "CUSTOS_EMBEDDED": "1",
            "DJANGO_SETTINGS_MODULE": "core.web.settings",
            "CUSTOS_OPERATOR_PASSWORD": PASSWORD,
        },
        check=True,
        capture_output=True,
    )


def the_client_and_the_vendor_apply(cast: Cast) -> None:
    for walker, kind, name in (
        (cast.clara, "client", "Pier Nine"),
        (cast.nina, "vendor", "Steady Hands"),
    ):
        with walker.step(f"{kind} applies"):
            walker.go("/")
            walker.follow("Apply to work with us")
            walker.page.get_by_label("You are").select_option(kind)
            walker.fill(Organization=name, Your_name=walker.name)
            walker.page.get_by_label("Your e-mail address").fill(walker.email)
        with walker.step(f"{kind} is told what comes next"):
            walker.press("Send the application")
            walker.sees("We have your application")


def the_operator_lets_them_in(olga: Walker) -> tuple[str, str]:
    """Gives the links of both invitations."""
    links = []
    with olga.step("operator sees who asks"):
        olga.rail("Desk")
        olga.sees("2 organizations ask to come in.")
    for name in ("Pier Nine", "Steady Hands"):
        with olga.step(f"operator approves {name}"):
            olga.press(f"Approve {name}")
            olga.sees("Hand this link to its first person")
            links.append(olga.link_shown())
    with olga.step("operator publishes prices"):
        olga.rail("Rates")
        olga.fill(Name_of_the_card="List", Price_of_one_object="0.40")
        olga.press("Publish")
        olga.sees("Version 1 of List is published.")
    with olga.step("operator engages the vendor"):
        olga.rail("Organizations")
        olga.press("Engage the vendor")
        olga.sees("Steady Hands may now work for Pier Nine.")
    with olga.step("operator drafts the contract"):
        olga.follow("Pier Nine")
        olga.rail("Terms")
        olga.press("Draft for Pier Nine to sign")
        olga.sees("Contract 1 waits for Pier Nine to be signed.")
    return links[0], links[1]


def the_client_signs_and_sets_up(cast: Cast, link: str) -> None:
    clara = cast.clara
    with clara.step("client takes the invitation"):
        clara.join(link)
        clara.sees("Welcome. 8 steps to your first labels.", "0 of 8 done")
    with clara.step("client writes the organization down"):
        clara.follow("Write them down")
        clara.fill(Address="Pier 9\nRua do Cais 1\nLisboa", Tax_number="PT 501 442 600")
        clara.page.get_by_label("Time zone").select_option("Europe/Lisbon")
        clara.press("Keep it")
        clara.sees("1 of 8 done")
    with clara.step("client reads the contract in full"):
        clara.follow("Read and sign")
        clara.sees("Contract 1 waits for you.", "180 days", "Hours to delivery")
    with clara.step("client signs the contract"):
        clara.press("Sign contract 1")
        clara.sees("The contract is signed and in force.", "2 of 8 done")
    with clara.step("client adds a passkey"):
        clara.follow("Add a passkey")
        clara.follow("Add a passkey")
        clara.add_passkey()
        clara.follow("Done")
        clara.sees("3 of 8 done")
    with clara.step("client chooses how the key is kept"):
        clara.follow("Choose")
        clara.page.get_by_label("Every 90 days").check()
        clara.press("Choose this")
        clara.sees("Chosen. It stands in your access log.", "4 of 8 done")
    with clara.step("client invites nobody yet"):
        clara.press("Skip Your people")
        clara.sees("5 of 8 done")
    with clara.step("client makes a site"):
        clara.follow("Add a camera")
        clara.fill(Name_of_the_site="Pier")
        clara.page.get_by_label("Time zone").select_option("Europe/Lisbon")
        clara.press("Add the site")
        clara.sees("Europe/Lisbon")
    with clara.step("client adds a camera"):
        clara.fill(Name_of_the_camera="North gate")
        clara.press("Add the camera")
        clara.sees("North gate is added.")
    with clara.step("client makes a project from a template"):
        clara.rail("Home")
        clara.sees("6 of 8 done")
        clara.follow("Make a project")
        clara.fill(Name_of_the_project="Gate watch")
        clara.press("Make the project")
        clara.sees("The project is made. Add its footage.")


def the_vendor_takes_people_on(cast: Cast, link: str) -> None:
    nina = cast.nina
    with nina.step("vendor manager takes the invitation"):
        nina.join(link)
        nina.sees("First steps", "1 of 6 done", "Nobody works here yet")
    with nina.step("vendor manager leaves the address for later"):
        nina.press("Skip Your organization")
        nina.sees("2 of 6 done")
    nina.follow("Invite somebody")
    for walker, role in ((cast.anna, "annotator"), (cast.rafael, "reviewer")):
        with nina.step(f"vendor manager invites the {role}"):
            nina.rail("Members")
            nina.page.get_by_label("E-mail address").fill(walker.email)
            nina.page.get_by_label("Role").select_option(role)
            nina.press("Make an invitation")
            invitation = nina.link_shown()
        with walker.step(f"{role} takes the invitation"):
            walker.join(invitation)
            walker.sees("Ready when you are.")
        with nina.step(f"vendor manager takes the {role} on"):
            nina.rail("People")
            nina.press(f"Take {walker.name} on")
            nina.sees("Taken on.", "Boxes")
    with nina.step("vendor manager writes a paper down"):
        nina.follow("Change papers")
        nina.page.get_by_label("What", exact=True).select_option("language")
        nina.page.get_by_label("Code, language or client").fill("en")
        nina.press("Write it down")
        nina.sees("Take away")


def the_client_sends_footage(house: House, clara: Walker) -> None:
    files = [
        drawn_clip(house.data / f"gate-{n}.mp4", seed=n, frame_count=FRAMES, camera=f"GATE {n}")
        for n in (1, 2)
    ]
    with clara.step("client uploads two clips"):
        clara.page.get_by_label("Camera").select_option(label="Pier, North gate")
        clara.page.get_by_label("Choose files").set_input_files([str(f.path) for f in files])
        for file in files:
            row = clara.page.locator("#uploads > li").filter(has_text=file.path.name)
            expect(row).to_contain_text(file.sha256, timeout=60_000)
    with clara.step("client sees the clips prepared"):
        clara.follow("See the footage")
        clara.waits_for("Labelling, 0 of 1 tasks handed in", times=2)
    with clara.step("client at home without first steps"):
        clara.rail("Home")
        clara.sees("All footage is on time. Nothing waits for you.")
        expect(clara.page.get_by_text("First steps")).to_have_count(0)


def the_manager_gives_work_out(nina: Walker) -> None:
    with nina.step("vendor manager sees the work on the board"):
        nina.rail("Board")
        nina.sees("Gate watch", "5 of 6 done")
    with nina.step("vendor manager gives it to the annotator"):
        row = nina.page.locator('tr[data-name="Anna Lind"]')
        row.locator('td[data-column="0"]').click()
        nina.page.keyboard.press("Space")
        nina.page.get_by_label("Pick a person").select_option(label="Anna Lind")
        expect(nina.page.get_by_role("status")).to_contain_text("2 tasks: Assigned to Anna Lind.")
        expect(row).to_contain_text("has 2")


def the_annotator_labels(anna: Walker) -> None:
    page = anna.page
    for turn in ("first", "second"):
        with anna.step(f"annotator asks for the {turn} task"):
            if turn == "first":
                anna.go("/")
                anna.press("Next task")
            else:
                page.keyboard.press("Enter")
            shown(page, 0)
        with anna.step(f"annotator draws in the {turn} task"):
            draw_box(page, (200, 220), (320, 460))
            go_to(page, FRAMES - 1)
            page.keyboard.press("Shift+ArrowRight")
            page.keyboard.press("Control+s")
            expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
            expect(page.locator("#objects-count")).to_have_text("1 in this frame, 1 in task")
        with anna.step(f"annotator hands the {turn} task in"):
            page.keyboard.press("Control+Enter")
            page.get_by_role("button", name="Submit", exact=True).click()
            expect(page.locator("#notes")).to_contain_text("Submitted.")
    with anna.step("annotator asks for a third task"):
        anna.press("Next task")
        anna.sees("There is no task for you right now.")
    with anna.step("annotator sees today's numbers"):
        page.locator("#notes .note--info").get_by_text("Go to my work").click()
        anna.sees("Handed in today", "Nothing of this kind waits at all.")


def the_reviewer_reviews(rafael: Walker) -> None:
    for turn in ("first", "second"):
        with rafael.step(f"reviewer opens the {turn} task"):
            if turn == "first":
                rafael.go("/")
            before = rafael.page.url
            rafael.press("Next review")
            expect(rafael.page).not_to_have_url(before)
            shown(rafael.page, 0)
        with rafael.step(f"reviewer accepts the {turn} task"):
            rafael.page.get_by_role("button", name="Accept", exact=True).click()
            asked = rafael.page.get_by_role("dialog", name="Accept these labels?")
            asked.get_by_role("button", name="Accept", exact=True).click()
            expect(rafael.page.locator("#notes")).to_contain_text("Accepted.")


def the_client_wants_masks_checked(clara: Walker) -> None:
    with clara.step("client sees the labels finished"):
        clara.rail("Home")
        clara.sees("Finished, not released yet", "Build a version of what is finished")
    with clara.step("client asks that masks are checked"):
        clara.rail("Projects")
        clara.follow("Gate watch")
        clara.follow("What is hidden")
        clara.page.get_by_label("How thoroughly to look").select_option("fast")
        clara.page.get_by_label("The camera's own writing").fill("8 8 400 36")
        clara.page.get_by_label("Release only what a person has checked").check()
        clara.page.get_by_label("Who corrects and checks masks").select_option("reviewers")
        clara.press("Put in force")
        clara.sees("Version 1 is in force for new runs.")
    with clara.step("client has the copies made"):
        clara.press("Make 2 copies now")
        clara.sees("2 copies are being made")


def the_reviewer_checks_masks(rafael: Walker) -> None:
    page = rafael.page
    with rafael.step("reviewer sees masks to check"):
        rafael.go("/")
        rafael.rail("Masks")
        rafael.waits_for("Held back until checked", times=2)
    for turn in ("first", "second"):
        with rafael.step(f"reviewer signs the check of the {turn} clip"):
            row = page.get_by_role("row").filter(has_text="Held back until checked").first
            row.get_by_role("link").click()
            expect(page.locator("#masks")).to_have_attribute("data-state", "open")
            look_at_suspects(page)
            page.get_by_role("button", name="Sign the check").click()
            expect(page.locator("#notes")).to_contain_text("Signed.")
        page.get_by_text("Save and leave").click()


def the_client_takes_delivery(clara: Walker) -> None:
    with clara.step("client looks at quality"):
        clara.rail("Quality")
        clara.sees("Nothing measured yet")
    with clara.step("client orders a version"):
        clara.rail("Releases")
        clara.press("Build a version of Gate watch")
        clara.sees("Version 1 is being built.")
    with clara.step("client looks at the version"):
        clara.waits_for("Version 1 waits for a decision.")
        clara.sees("Redacted, and measured")
    with clara.step("client accepts"):
        clara.press("Accept version 1")
        asked = clara.page.get_by_role("dialog", name="Accept version 1")
        asked.get_by_role("button", name="Accept version 1").click()
        clara.sees("Accepted. The invoice counts what was delivered.")


def the_operator_bills(olga: Walker) -> None:
    with olga.step("operator issues the invoice"):
        olga.rail("Invoices")
        olga.press("Issue the next invoice")
        olga.sees("Invoice pier-nine-2026-0001 is issued.", "every line and the total are the same")


def the_client_reads_the_invoice(clara: Walker) -> None:
    with clara.step("client reads the invoice"):
        clara.rail("Invoices")
        clara.follow("pier-nine-")
        clara.sees("gate-1.mp4, version 1", "every line and the total are the same")


def the_auditor_comes_in(cast: Cast) -> None:
    olga, arthur = cast.olga, cast.arthur
    with olga.step("operator invites an auditor"):
        olga.rail("Desk")
        olga.rail("Auditors")
        olga.follow("Invite an auditor")
        olga.page.get_by_label("E-mail address").fill(arthur.email)
        olga.page.get_by_label("Role").select_option("auditor")
        olga.press("Make an invitation")
        link = olga.link_shown()
    with arthur.step("auditor takes the invitation and makes a passkey"):
        arthur.join(link)
        arthur.add_passkey()
        arthur.sees("10 of 10 are left.")
    with arthur.step("auditor waits for a grant"):
        arthur.follow("Done")
        arthur.sees("Nothing is open to you")
    with olga.step("operator opens the log to the auditor"):
        olga.rail("Desk")
        olga.rail("Auditors")
        olga.page.get_by_label("Reads the log of").select_option(label="Pier Nine")
        olga.fill(Purpose="yearly-audit")
        olga.press("Open the log to them")
        olga.sees("They may read the log of Pier Nine from now on.")


def the_auditor_proves(house: House, arthur: Walker) -> None:
    page = arthur.page
    with arthur.step("auditor reads who saw footage"):
        arthur.go("/")
        page.get_by_label("footage.frames.serve").check()
        arthur.press("Show these entries")
        arthur.sees("footage.frames.serve", "task")
    with arthur.step("auditor verifies an entry in the browser"):
        page.locator("tbody a[href*='/log/']").first.click()
        expect(page.locator("#verdict")).to_contain_text("Verified in this browser")
    with arthur.step("auditor exports evidence"):
        key = page.locator(".side__sec .mono").inner_text().strip()
        arthur.rail("Access log")
        with page.expect_download() as download:
            arthur.follow("Export evidence")
        bundle, verifier = house.data / "bundle.json", house.data / "log.key"
        download.value.save_as(bundle)
        verifier.write_text(key + "\n")
        said = subprocess.run(
            [sys.executable, "-P", "-m", "core.cli", "verify", str(bundle), "--key", str(verifier)],
            check=True,
            capture_output=True,
            text=True,
        )
        assert "Verified." in said.stdout


def the_operator_looks_after_the_house(olga: Walker) -> None:
    places = {
        "Jobs": "No job is dead.",
        "Keys": "Keys of organizations",
        "Rates": "Publish a version",
        "Health": "Everything is well.",
    }
    olga.rail("Desk") if olga.page.url.find("/operator/") < 0 else None
    for place, says in places.items():
        with olga.step(f"operator looks at {place}"):
            olga.rail(place)
            olga.sees(says)
