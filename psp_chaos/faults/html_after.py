"""A proxy's error page comes in place of the answer."""

from random import Random
from typing import ClassVar

from psp_chaos.faults.fault import DepartureFault
from psp_chaos.faults.verdicts import AnswerHtml


class HtmlAfter(DepartureFault):
    """Send a web page with status 200."""

    kind: ClassVar[str] = "html-after"
    entitlement: ClassVar[str] = "The content type says HTML, and a repetition with the same key gets the answer."

    def verdict(self, _random: Random, /) -> AnswerHtml:
        """Send the page."""
        return AnswerHtml()
