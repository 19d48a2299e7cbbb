"""deface's own command on a clip, timed. usage: deface.py IN OUT [FRAME ...]

Prints the seconds of the whole run, the model's loading included: wall, and CPU with its ffmpeg
children; and the regions that it drew over in the frames named, 0-based: [x1, y1, x2, y2] in
pixels, of ellipses. Its defaults are kept: every picture at full size, threshold 0.2.
"""

import json
import resource
import sys
import time
from importlib.metadata import version

from deface import deface

drawn: dict[int, list[list[int]]] = {}
wanted = {int(frame) for frame in sys.argv[3:]}
frame = -1
anonymize_frame = deface.anonymize_frame


def noted(found, picture, mask_scale, *arguments, **named):
    global frame  # noqa: PLW0603 - their loop tells no number
    frame += 1
    if frame in wanted:
        drawn[frame] = [
            [int(side) for side in deface.scale_bb(*box[:4].astype(int), mask_scale)]
            for box in found
        ]
    return anonymize_frame(found, picture, mask_scale, *arguments, **named)


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    deface.anonymize_frame = noted
    source, target = sys.argv[1:3]
    sys.argv = ["deface", "--keep-audio", "--output", target, source]
    start = time.perf_counter()
    deface.main()
    told = {
        "wall": round(time.perf_counter() - start, 2),
        "cpu": round(cpu_seconds(), 2),
        "frames": frame + 1,
        "drawn": drawn,
        "versions": {name: version(name) for name in ("deface", "onnxruntime")},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
