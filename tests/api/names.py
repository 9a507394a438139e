"""Names that exist: of every three questions about one thing, two ask about something that is there. And what was answered, counted."""

import atexit
import json
import os
from collections import Counter
from pathlib import Path

import schemathesis

NAMES = json.loads(os.environ.get("HINAN_NAMES", "{}"))
COUNT = {"asked": 0}
STATUSES = Counter()


@schemathesis.hook
def before_call(context, case, kwargs):
    COUNT["asked"] += 1
    if not case.path_parameters or COUNT["asked"] % 3 == 0:
        return
    path = case.operation.path
    kind = path.removeprefix("/api/v1/").split("/")[0] if path.startswith("/api/v1/") else "notices"
    for name in case.path_parameters:
        known = NAMES.get("channels" if name == "channel" else kind, [])
        if known:
            case.path_parameters[name] = known[COUNT["asked"] % len(known)]


@schemathesis.hook
def after_call(context, case, response):
    STATUSES[str(response.status_code)] += 1


@atexit.register
def counted():
    if "HINAN_COUNTS" in os.environ:
        Path(os.environ["HINAN_COUNTS"]).write_text(json.dumps(dict(sorted(STATUSES.items()))), encoding="utf-8")
