"""The story of one purchase: what customer, service, worker and PSP did, in the order of time.

The evidence knows no single thread of cause and effect, so the story is gathered from all diaries by the names that
they share (`names`, `excerpt`, `traces`), told step by step by those who wrote it down (`customer`, `service`, `psp`),
and put in order (`telling`).
"""

from reports.story.names import Subject
from reports.story.steps import Line, Message, Step, Who
from reports.story.telling import Storyteller, told
from reports.story.traces import Traces

__all__ = ["Line", "Message", "Step", "Storyteller", "Subject", "Traces", "Who", "told"]
