"""Which of a vendor's people somebody asks for: by skill, level and whether they get work."""

from core.web.filters import Filters, any_of
from workforce.people.services import LEVELS, TASK_TYPES
from workforce.routing.board import Person


class PeopleAsked(Filters):
    """Workers by a skill that they hold, at a level or above, and by whether they get work."""

    skill = any_of([(name, name.capitalize()) for name in TASK_TYPES], "Skill")
    level = any_of([(str(level), f"{level} or above") for level in LEVELS[1:]], "Level")
    state = any_of(
        [("open", "Gets work"), ("paused", "A skill is paused"), ("resting", "Resting")], "State"
    )

    def fits(self, person: Person) -> bool:
        """Say whether one of the vendor's people is asked for."""
        given = self.given
        skills = [s for s in person.skills if given.get("skill") in {"", None, s["task_type"]}]
        if given.get("level"):
            skills = [s for s in skills if s["level"] >= int(given["level"])]
        if (given.get("skill") or given.get("level")) and not skills:
            return False
        paused = any(s["gated"] for s in skills)
        states = {
            "open": person.worker.active and any(not s["gated"] for s in skills),
            "paused": paused,
            "resting": not person.worker.active,
        }
        return states.get(given.get("state", ""), True)
