"""The service with a planted defect as a program: `python -m scenarios.live.defective_main`; a worker with PART=worker.

It is the product's own program but for the parts that the defect puts in their places. Metrics and request ids are left
out, because they wrap the product's own parts and not the defect's.
"""

import asyncio
import os
from functools import partial

from scenarios.defects import find_defect
from scenarios.live.live_defects import DEFECT, PART
from service.logs import configure_logs
from service.main import serve
from service.settings import Environment
from service.wiring import compose
from service.worker_main import work

if __name__ == "__main__":
    settings = Environment()  # type: ignore[call-arg]  # the values come from the environment
    configure_logs(settings.log_format)
    program = {"service": serve, "worker": work}[os.environ[PART]]
    asyncio.run(program(settings, composed=partial(compose, parts=find_defect(os.environ[DEFECT]).parts)))
