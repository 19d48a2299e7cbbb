"""Step 7: annotators of known skill label the tasks; gold is among them, unseen."""

from __future__ import annotations

import io
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from core.demo.annotators import BAD
from core.demo.canvas import Picture
from core.demo.cast import SKILLS
from core.demo.doors import wait_for
from core.demo.errors import DemoStopped
from core.demo.journey import Bar, ClientSide, Journey
from core.demo.steps.slicing import tasks_of
from core.demo.worker import Gated, HandedIn, draw_and_submit, pull
from core.media.frames import read_frames

# Source frames on either side that a served frame is compared with.
_REACH = 2
# No clip of the demo needs so many rounds; a queue that never empties must not hang it.
_MOST_ROUNDS = 400


def run(journey: Journey) -> None:
    """Work the queue off, then check what was handed in."""
    work = sum(
        len(tasks_of(journey, c, clip)) for c in journey.clients for clip in (c.clip, c.gold_clip)
    )
    able = sum(skill is not BAD for skill in SKILLS.values())
    gold = journey.extent.gold_ranges * (1 + able * len(journey.clients))
    with journey.progress("Labelling", work + gold) as bar:
        handed_in, gated = work_off(journey, bar)
    journey.check(
        "every task was handed in, frozen under its SHA-256",
        held=len(handed_in) >= work and all(len(h.sha256) == 64 for h in handed_in),
        found=f"{work} tasks and {len(handed_in) - work} gold, "
        f"{sum(h.tracks for h in handed_in)} tracks",
    )
    bad = {email for email, skill in SKILLS.items() if skill is BAD}
    journey.check(
        "the bad annotator gets no more work, the others do",
        held=gated == bad,
        found=", ".join(sorted(journey.cast[email].name for email in gated)) or "nobody",
    )
    _check_frozen(journey, handed_in[0])
    _check_exact(journey, journey.clients[0])
    still = [
        h for h in handed_in if not journey.truth(h.lease.task["clip"]).between(*h.lease.frames)
    ]
    if still:
        journey.check(
            "tasks in which nothing was found were handed in empty",
            held=not any(h.tracks for h in still),
            found=f"{len(still)} tasks",
            weakened="a detector found nobody; whether somebody is there, nobody knows",
        )


def work_off(journey: Journey, bar: Bar) -> tuple[list[HandedIn], set[str]]:
    """Everybody in turn takes a task until nobody gets one; the bad one begins each round.

    Gives what was handed in, and who was refused further work.
    """
    people = sorted(SKILLS, key=lambda email: SKILLS[email] is not BAD)
    handed_in: list[HandedIn] = []
    gated: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        this_round: list[HandedIn] = []
        for email in people:
            if email in gated:
                continue
            try:
                lease = pull(journey.visitor(email))
            except Gated:
                gated.add(email)
                continue
            if lease is not None:
                this_round.append(
                    draw_and_submit(journey, journey.visitor(email), lease, SKILLS[email])
                )
                bar.forward()
        if not this_round:
            return handed_in, gated
        handed_in += this_round
        _wait_until_measured(journey, this_round)
    raise DemoStopped("The queue does not become empty.")


def _wait_until_measured(journey: Journey, handed_in: list[HandedIn]) -> None:
    """People need minutes for a task, the portal seconds to score it: wait, as they would."""
    for client in journey.clients:
        gold = {
            h.lease.task["id"]
            for h in handed_in
            if h.lease.tenant == client.slug and _is_gold(journey, client, h)
        }
        if gold:
            wait_for("gold to be scored", partial(_all_scored, journey, client, gold))


def _is_gold(journey: Journey, client: ClientSide, handed_in: HandedIn) -> bool:
    """Gold is in no list of tasks, not even the client's."""
    probe = journey.admin(client).raw("GET", handed_in.lease.path)
    return probe.status_code == 404


def _all_scored(journey: Journey, client: ClientSide, gold: set[str]) -> bool:
    scores = journey.admin(client).get(f"t/{client.slug}/scores", limit=500)["results"]
    return gold <= {score["task"] for score in scores}


def _check_frozen(journey: Journey, first: HandedIn) -> None:
    statuses = {
        journey.visitor(email)
        .raw(
            "PATCH",
            f"{first.lease.path}/tracks",
            json={"token": first.lease.token, "tracks": []},
        )
        .status_code
        for email in SKILLS
    }
    journey.check(
        "what was handed in cannot be changed any more",
        held=statuses <= {404, 409},
        found=str(sorted(statuses)),
    )


def _check_exact(journey: Journey, client: ClientSide) -> None:
    """A served group of pictures holds the very frames of the source that its index names."""
    admin = journey.admin(client)
    clip = f"t/{client.slug}/clips/{client.clip}"
    gops = admin.get(f"{clip}/index")["gops"]
    number = len(gops) // 2
    first, last = gops[number][:2]
    served = admin.download(f"{clip}/init") + admin.download(f"{clip}/gops/{number}")
    shown = [_small(f.pixels) for f in read_frames(io.BytesIO(served))]
    begin = max(0, first - _REACH)
    with client.footage.path.open("rb") as source:
        frames = read_frames(source, start=begin, stop=last + 1 + _REACH)
        around = {f.frame: _small(f.pixels) for f in frames}
    wrong = [
        first + place
        for place, picture in enumerate(shown)
        if _nearest(picture, first + place, around) != first + place
    ]
    journey.check(
        "a served group of pictures holds exactly the source frames that its index names",
        held=len(shown) == last - first + 1 and not wrong,
        found=f"frames {first}-{last}" + (f", wrong: {wrong}" if wrong else ""),
    )


def _small(picture: Picture) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(picture, (240, 136), interpolation=cv2.INTER_AREA), np.float32)


def _nearest(
    picture: NDArray[np.float32], frame: int, around: dict[int, NDArray[np.float32]]
) -> int:
    """The source frame most like the picture; of equal ones (a still scene) the named one."""

    def difference(candidate: int) -> tuple[float, bool]:
        return float(np.abs(picture - around[candidate]).mean()), candidate != frame

    near = [f for f in range(frame - _REACH, frame + _REACH + 1) if f in around]
    return min(near, key=difference)
