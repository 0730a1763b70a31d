"""Whoever sends a signature is believed, whatever is written there."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.defects.defect import Defect
from scenarios.defects.habitat import habitat
from service.errors import SignatureRefused
from service.signature import SignatureCheck
from service.wiring import Parts


class _Glance(SignatureCheck):
    def verify(self, header: str | None, body: bytes, *, now_us: int) -> None:  # noqa: ARG002 - it does not look there
        if header is None:
            raise SignatureRefused("there is no signature")


SIGNATURE_BY_PRESENCE = Defect(
    id="signature-by-presence",
    what="A webhook is believed if it has a signature, whoever made it.",
    seen_in="Azuriom/Plugin-Shop#284",
    breaks=frozenset({"I3", "I10"}),
    habitat=habitat(
        "lost-webhooks",
        scripts=["patient"],
        faults=[FaultSpec(id="forged", where="webhook", kind="forged")],
        declined_share=1,
        psp_asynchronous_share=1,
        psp_asynchronous_s=[2, 10],
    ),
    parts=Parts(signature=_Glance),
)
