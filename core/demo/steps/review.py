"""Step 8: gold scores decide who is trusted; a reviewer accepts or sends back."""

from __future__ import annotations

from core.demo.annotators import BAD
from core.demo.cast import REVIEWER, SKILLS, VENDOR, VENDOR_MANAGER
from core.demo.doors import wait_for
from core.demo.journey import ClientSide, Journey
from core.demo.labels import measure
from core.demo.steps.annotate import work_off
from core.demo.steps.slicing import PASS_MARK, tasks_of
from core.demo.truth import from_wire
from core.demo.worker import pull, review

#: HOTA that accepted labels of the drawn clips must reach against their exact truth.
LEAST_HOTA = 0.8
#: What weakens a check of labels where nobody knows the truth.
FROM_DETECTOR = "the labels are measured against the detector tracks that they were made from"


def run(journey: Journey) -> None:
    """Check the trust that gold earned, review everything, measure what was accepted."""
    _check_trust(journey)
    sent_back = _review_all(journey)
    journey.check(
        "work that was sent back came round again and was accepted",
        held=sent_back > 0 and not _open_tasks(journey),
        found=f"{sent_back} sent back",
    )
    for client in journey.clients:
        _check_quality(journey, client)


def _check_trust(journey: Journey) -> None:
    known = journey.visitor(VENDOR_MANAGER).get(f"t/{VENDOR}/trust")["results"]
    by_name = {row["name"]: row for row in known}
    rows = {email: by_name[journey.cast[email].name] for email in SKILLS}
    journey.check(
        "gold gated the bad annotator and nobody else",
        held=all(rows[email]["gated"] == (skill is BAD) for email, skill in SKILLS.items()),
        found=", ".join(
            f"{row['name'].split()[0]} {row['low']:.2f} of {row['gold']}" for row in rows.values()
        ),
    )
    scores = [
        score
        for client in journey.clients
        for score in journey.admin(client).get(f"t/{client.slug}/scores", limit=500)["results"]
    ]
    journey.check(
        "each piece of gold is passed by HOTA, not by luck",
        held=bool(scores)
        and all(s["passed"] == (s["metrics"]["HOTA"] >= PASS_MARK) for s in scores),
        found=f"{sum(s['passed'] for s in scores)} of {len(scores)} passed",
    )


def _review_all(journey: Journey) -> int:
    """Review and re-annotate until nothing waits; gives how many tasks were sent back.

    The first submission is sent back whatever it is, so that the way round is always gone.
    """
    reviewer = journey.visitor(REVIEWER)
    sent_back = 0
    total = sum(
        len(tasks_of(journey, c, clip)) for c in journey.clients for clip in (c.clip, c.gold_clip)
    )
    with journey.progress("Reviewing", total) as bar:
        while waiting := _open_tasks(journey):
            lease = wait_for(f"{waiting} tasks to come to review", lambda: pull(reviewer, "review"))
            outcome = review(journey, reviewer, lease, again=sent_back == 0)
            if outcome == "send_back":
                sent_back += 1
                work_off(journey, bar)
            bar.to(total - _open_tasks(journey))
    return sent_back


def rework(journey: Journey, tasks: int) -> None:
    """Label again what a client disputed, and review it, until nothing is open."""
    reviewer = journey.visitor(REVIEWER)
    with journey.progress("Reworking", tasks) as bar:
        work_off(journey, bar)
        while waiting := _open_tasks(journey):
            lease = wait_for(f"{waiting} tasks to come to review", lambda: pull(reviewer, "review"))
            if review(journey, reviewer, lease, again=False) == "send_back":
                work_off(journey, bar)


def _open_tasks(journey: Journey) -> int:
    return sum(
        task["state"] != "accepted"
        for client in journey.clients
        for clip in (client.clip, client.gold_clip)
        for task in tasks_of(journey, client, clip)
    )


def _check_quality(journey: Journey, client: ClientSide) -> None:
    """HOTA of the accepted labels of its main clip, task by task, against what there really was."""
    admin, truth, name = journey.admin(client), journey.truth(client.clip), client.footage.path.name
    pairs = []
    for task in tasks_of(journey, client, client.clip):
        stop = task["end_frame"] + 1
        tracks = admin.get(f"t/{client.slug}/tasks/{task['id']}/tracks")["tracks"]
        drawn = [from_wire(track, stop) for track in tracks]
        pairs.append((truth.between(task["start_frame"], stop), drawn))
    if not truth.tracks:
        journey.check(
            f"{client.slug}: labels of {name} are empty, as is what was found",
            held=not any(drawn for _, drawn in pairs),
            weakened=FROM_DETECTOR,
        )
        return
    summary = measure(pairs, journey.data / "scores")
    journey.check(
        f"{client.slug}: accepted labels of {name} reach HOTA {LEAST_HOTA}",
        held=summary["HOTA"] >= LEAST_HOTA,
        found=", ".join(f"{k} {summary[k]:.3f}" for k in ("HOTA", "DetA", "AssA", "LocA")),
        weakened="" if truth.exact else FROM_DETECTOR,
    )
