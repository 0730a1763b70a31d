"""What the database refuses by itself because it concerns more than one row, or a row and what it was before.

The service never meets any of this. It is here for the day when the code is wrong, or somebody repairs data by hand.

The rules that compare a row with its former self are on every path that writes, so their form was chosen by its cost: a
function is compiled once in a session, while the WHEN of a trigger is read anew by every statement; a trigger on
columns that no statement of ours sets costs nothing at all. The other two rules read other rows:

- a new refund is checked at once, under the payment's lock, because two refunds that do not see each other must queue;
- the sums of a payment are compared with its rows when the transaction commits, since a settlement writes several rows
  one after the other. Whoever makes a sum wrong has written the payment, so two of them have queued for it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sqlalchemy import DDL, MetaData, event

from engine.lifecycle import LAWFUL_MOVES, AttemptState, RefundState

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'row % of % breaks %', NEW.id, TG_TABLE_NAME, TG_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$
"""

_MOVES = """
CREATE OR REPLACE FUNCTION moves_along_the_lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> NEW.state AND (OLD.state || '>' || NEW.state) <> ALL (TG_ARGV) THEN
        RAISE EXCEPTION '% of % may not become % from %', NEW.id, TG_TABLE_NAME, NEW.state, OLD.state
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$
"""

_REFUND_FITS = """
CREATE OR REPLACE FUNCTION refund_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    captured BIGINT;
    promised BIGINT;
BEGIN
    SELECT captured_minor INTO captured FROM payments WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    SELECT sum(amount_minor) INTO promised FROM refunds WHERE payment_id = NEW.payment_id AND state <> 'FAILED';
    IF promised > captured THEN
        RAISE EXCEPTION 'refunds of % come to %, more than the % that were captured', NEW.payment_id, promised, captured
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
"""

_SUMS_AGREE = """
CREATE OR REPLACE FUNCTION sums_agree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_payment VARCHAR;
    booked RECORD;
BEGIN
    IF TG_TABLE_NAME = 'payments' THEN
        the_payment := NEW.id;
    ELSE
        the_payment := NEW.payment_id;
    END IF;
    SELECT captured_minor, refunded_minor,
        CASE WHEN EXISTS (
            SELECT FROM attempts WHERE payment_id = the_payment AND kind = 'capture' AND state = 'SUCCEEDED'
        ) THEN amount_minor ELSE 0 END AS captured,
        CASE WHEN captured_minor = 0 THEN 0 ELSE (
            SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE payment_id = the_payment AND state = 'SUCCEEDED'
        ) END AS refunded
        INTO booked FROM payments WHERE id = the_payment;
    IF booked.captured_minor <> booked.captured OR booked.refunded_minor <> booked.refunded THEN
        RAISE EXCEPTION '% says % captured and % refunded, its rows say % and %', the_payment,
            booked.captured_minor, booked.refunded_minor, booked.captured, booked.refunded
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
"""

FUNCTIONS = (_REFUSE, _MOVES, _REFUND_FITS, _SUMS_AGREE)

# FAILED is a word of the PSP that reached us; what an attempt or a refund may become is told in `engine.lifecycle`.
_ATTEMPT_MOVES = {
    AttemptState.UNSENT: (AttemptState.SENT, AttemptState.SUCCEEDED, AttemptState.FAILED),  # known at the PSP already
    AttemptState.SENT: (AttemptState.SUCCEEDED, AttemptState.FAILED),
}
_REFUND_MOVES = {
    RefundState.PENDING: (RefundState.SUCCEEDED, RefundState.FAILED),
    RefundState.SUCCEEDED: (RefundState.FAILED,),
}


def _moves_only[State: StrEnum](table: str, lawful: Mapping[State, tuple[State, ...]]) -> str:
    moves = ", ".join(f"'{one}>{other}'" for one, others in lawful.items() for other in others)
    return (
        f"CREATE TRIGGER moves_along_the_lifecycle BEFORE UPDATE OF state ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION moves_along_the_lifecycle({moves})"
    )


def _keeps(table: str, *columns: str) -> str:
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return (
        f"CREATE TRIGGER keeps_its_terms BEFORE UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW"
        f" WHEN (({before}) IS DISTINCT FROM ({after})) EXECUTE FUNCTION refuse()"
    )


def _agrees(table: str, *, on: str, when: str) -> str:
    return (
        f"CREATE CONSTRAINT TRIGGER sums_agree AFTER {on} ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        f" WHEN ({when}) EXECUTE FUNCTION sums_agree()"
    )


_BEGINS = """
CREATE TRIGGER begins_as_created BEFORE INSERT ON payments FOR EACH ROW
WHEN (NEW.state <> 'CREATED') EXECUTE FUNCTION refuse()
"""

_KEEPS_THE_WISH = """
CREATE TRIGGER keeps_the_wish BEFORE UPDATE OF cancel_requested_at_us ON payments FOR EACH ROW
WHEN (OLD.cancel_requested_at_us IS NOT NULL AND OLD.cancel_requested_at_us IS DISTINCT FROM NEW.cancel_requested_at_us)
EXECUTE FUNCTION refuse()
"""

TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "payments": (
        _BEGINS,
        _moves_only("payments", LAWFUL_MOVES),
        _keeps("payments", "id", "merchant_id", "amount_minor", "currency", "created_at_us"),
        _KEEPS_THE_WISH,
        _agrees(
            "payments",
            on="UPDATE",
            when="OLD.captured_minor <> NEW.captured_minor OR OLD.refunded_minor <> NEW.refunded_minor",
        ),
    ),
    "attempts": (
        _moves_only("attempts", _ATTEMPT_MOVES),
        _keeps("attempts", "id", "payment_id", "refund_id", "kind", "psp_key"),
        _agrees(
            "attempts",
            on="INSERT OR UPDATE",
            when="NEW.kind = 'capture' AND NEW.state = 'SUCCEEDED'",
        ),
    ),
    "refunds": (
        _moves_only("refunds", _REFUND_MOVES),
        _keeps("refunds", "id", "payment_id", "amount_minor"),
        "CREATE TRIGGER refund_fits AFTER INSERT ON refunds FOR EACH ROW EXECUTE FUNCTION refund_fits()",
        _agrees("refunds", on="INSERT OR UPDATE", when="NEW.state <> 'PENDING'"),
    ),
}


def defend(metadata: MetaData) -> None:
    """Let what refuses be made together with the tables."""
    equip(metadata, functions=FUNCTIONS, triggers=TRIGGERS)


def equip(metadata: MetaData, *, functions: Iterable[str], triggers: Mapping[str, tuple[str, ...]]) -> None:
    """Let functions, and triggers by table, be made together with the tables."""
    for function in functions:
        event.listen(metadata, "before_create", _statement(function))
    for table, of_table in triggers.items():
        for trigger in of_table:
            event.listen(metadata.tables[table], "after_create", _statement(trigger))


def _statement(sql: str) -> DDL:
    return DDL(sql.replace("%", "%%"))  # type: ignore[no-untyped-call]  # DDL fills in names with the percent operator; there are none
