"""The service, or a worker, with a bug planted in it: `python -m scenarios.live.defective_main DEFECT service|worker`.

It is the product's own program but for the parts that the defect puts in their places. Metrics and request ids are left
out, because they wrap the product's own parts and not the defect's.
"""

import asyncio
import sys
from functools import partial

from scenarios.defects import find_defect
from service.logs import configure_logs
from service.main import serve
from service.settings import Environment
from service.wiring import compose
from service.worker_main import work

if __name__ == "__main__":
    settings = Environment()  # type: ignore[call-arg]  # the values come from the environment
    configure_logs(settings.log_format)
    _, defect, kind = sys.argv
    program = {"service": serve, "worker": work}[kind]
    asyncio.run(program(settings, composed=partial(compose, parts=find_defect(defect).parts)))
