"""What a defect is: other parts at the composition root, and the constraints that would have caught it taken away."""

from dataclasses import dataclass

from scenarios.defects.habitat import Habitat
from service.wiring import Parts

# Words, references and unique keys stay. What says how a row may change, or how two numbers relate, is gone.
_WITHOUT_GUARDS = """
DO $$ DECLARE guard record; BEGIN
    FOR guard IN SELECT tgname AS name, tgrelid::regclass AS place FROM pg_trigger WHERE NOT tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', guard.name, guard.place);
    END LOOP;
    FOR guard IN SELECT conname AS name, conrelid::regclass AS place FROM pg_constraint
        WHERE contype = 'c' AND conrelid <> 0 AND conname NOT LIKE '%\\_is\\_a\\_word'
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.place, guard.name);
    END LOOP;
END $$
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """One planted bug; the product's code does not know of it."""

    id: str
    what: str  # the bug in one sentence, and what of the schema is gone with it
    seen_in: str  # where it happened: a thread, or a document that tells of it
    breaks: frozenset[str]  # at least one of these invariants must fall
    habitat: Habitat  # where it comes to light soon
    parts: Parts
    alterations: tuple[str, ...] = ()  # SQL that the buggy service's schema would have forgotten
    without_guards: bool = False  # a team with this bug had no triggers and no checks that refuse it

    @property
    def schema_changes(self) -> tuple[str, ...]:
        """Everything that the schema of this service lacks, as SQL."""
        return (_WITHOUT_GUARDS, *self.alterations) if self.without_guards else self.alterations
