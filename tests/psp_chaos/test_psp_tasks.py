"""Background work: held until it ends, and never failing in silence."""

import asyncio
import gc

from psp_chaos.tasks import Tasks


async def test_work_that_nobody_else_holds_goes_on_to_its_end():
    tasks, done = Tasks(), []

    async def work():
        await asyncio.sleep(5)
        done.append(True)

    tasks.start(work(), name="work")
    gc.collect()
    busy = tasks.idle()
    await asyncio.sleep(6)

    assert (busy, tasks.idle()) == (False, True)
    assert done == [True]


async def test_work_that_breaks_is_reported_at_once():
    tasks, reported = Tasks(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    async def work():
        raise ZeroDivisionError

    tasks.start(work(), name="doomed")
    await asyncio.sleep(1)

    assert [type(context["exception"]) for context in reported] == [ZeroDivisionError]
    assert "doomed" in reported[0]["message"]
    assert tasks.idle()


async def test_cancelled_work_is_over_when_cancel_returns():
    tasks = Tasks()
    tasks.start(asyncio.sleep(1_000), name="long")

    await tasks.cancel()

    assert tasks.idle()
