"""What others read of this room, in the open scope."""

from typing import Any

from workforce.delivery.models import Dispute
from workforce.tasks.models import Task


def pins_on(task: Task) -> list[dict[str, Any]]:
    """What a client pinned to the frames of a task, newest dispute first, as review reasons are.

    Of a task of links: what is said of identities, whichever clip it is pinned in.
    """
    links = task.task_type == Task.LINKS
    disputes = Dispute.objects.filter(tasks__contains=[str(task.id)]).order_by("-disputed_at")
    return [
        {"frame": pin["frame"], "track": pin["track"], "text": pin["text"]}
        for dispute in disputes
        for pin in dispute.pins
        if links == pin.get("identity", False)
        and (links or pin["clip"] == str(task.clip_id))
        and (links or task.start_frame <= pin["frame"] <= task.end_frame)
    ]
