"""Triggers that lock what people decided, on both databases: it is written once, and stays.

An answer's comment may be emptied, for the face it describes may be erased. A decision goes with its candidate only:
SQLite and PostgreSQL both delete the parent before what hangs on it, so a decision whose candidate is still there is
being taken out by hand. Whoever has the database can drop a trigger; `homeward audit verify` finds what they then did.
"""

from dataclasses import dataclass

_WITH_CANDIDATE = "EXISTS (SELECT 1 FROM candidates WHERE id = OLD.candidate_id)"


@dataclass(frozen=True)
class Locked:
    """``columns`` never change once ``since`` holds (of ``{row}``). ``keys``: what REPLACE would take a row by."""

    table: str
    columns: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    since: str
    has_words: bool = False
    goes_with_candidate: bool = True

    @property
    def since_old(self) -> str:
        return f"({self.since.format(row='OLD')})"

    @property
    def is_changed(self) -> str:
        """The condition that an UPDATE is refused on."""
        changed = [f"CAST(NEW.{each} AS TEXT) IS DISTINCT FROM CAST(OLD.{each} AS TEXT)" for each in self.columns]
        if self.has_words:
            changed.append("NEW.comment IS DISTINCT FROM OLD.comment AND NEW.comment <> ''")
            changed.append("NEW.words_salt IS DISTINCT FROM OLD.words_salt AND NEW.words_salt IS NOT NULL")
        return f"{self.since_old} AND ({' OR '.join(changed)})"

    @property
    def is_replaced(self) -> str:
        """The condition that an INSERT is refused on: a row like that is there, and locked."""
        same = " OR ".join("(" + " AND ".join(f"was.{each} = NEW.{each}" for each in key) + ")" for key in self.keys)
        there = f"SELECT 1 FROM {self.table} AS was"  # noqa: S608 - our tables
        return f"EXISTS ({there} WHERE ({same}) AND ({self.since.format(row='was')}))"


_ALWAYS = "{row}.candidate_id IS NOT NULL"
LOCKED = (
    Locked(
        "reviews",
        ("id", "assignment_id", "candidate_id", "reviewer_id", "round", "answer", "features", "locked_at", "salt"),
        (("id",), ("assignment_id",), ("candidate_id", "reviewer_id", "round")),
        _ALWAYS,
        has_words=True,
    ),
    Locked(
        "seeded_pairs",
        ("id", "reviewer_id", "same", "state", "answer", "features", "closed_at", "salt"),
        (("id",),),
        "{row}.answer IS NOT NULL",
        has_words=True,
        goes_with_candidate=False,
    ),
    Locked(
        "adjudications",
        ("candidate_id", "round", "by", "same", "reason", "at", "salt"),
        (("candidate_id", "round"),),
        _ALWAYS,
    ),
    Locked(
        "releases",
        ("candidate_id", "authority_id", "reason", "proposed_by", "proposed_at", "agreed_by", "agreed_at", "salt"),
        (("candidate_id",),),
        "{row}.agreed_at IS NOT NULL",
    ),
    Locked(
        "outcomes",
        ("candidate_id", "established_by", "note", "for_worker", "recorded_by", "recorded_at", "salt"),
        (("candidate_id",),),
        _ALWAYS,
    ),
    Locked(
        "authorities",
        ("id", "name", "contact", "proposed_by", "agreed_by", "agreed_at", "salt"),
        (("id",), ("name",)),
        "{row}.agreed_at IS NOT NULL",
        goes_with_candidate=False,
    ),
    Locked(
        "erasures",
        ("id", "receipt_id", "reason", "state", "proposed_by", "proposed_at", "approved_by", "approved_at"),
        (("id",),),
        "{row}.state = 'done'",
        goes_with_candidate=False,
    ),
)

KINDS = ("locked_update", "locked_delete", "locked_insert", "locked_truncate")
_REFUSE = "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is locked: a decision is unique';"
_PLPGSQL = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
POSTGRESQL_FUNCTIONS = (
    f"CREATE OR REPLACE FUNCTION homeward_locked() {_PLPGSQL.format(body=_REFUSE)}",
    "CREATE OR REPLACE FUNCTION homeward_locked_with_candidate() "
    + _PLPGSQL.format(body=f"IF {_WITH_CANDIDATE} THEN {_REFUSE} END IF; RETURN OLD;"),
)


def sqlite_locks(locked: Locked) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{locked.table} is locked: a decision is unique'); END"
    by_hand = f" AND {_WITH_CANDIDATE}" if locked.goes_with_candidate else ""
    conditions = {
        "UPDATE": locked.is_changed,
        "DELETE": locked.since_old + by_hand,
        "INSERT": locked.is_replaced,  # REPLACE deletes without a trigger where recursive_triggers is off
    }
    return [
        f"CREATE TRIGGER {locked.table}_locked_{verb.lower()} BEFORE {verb} ON {locked.table} WHEN {condition} {refuse}"
        for verb, condition in conditions.items()
    ]


def postgresql_locks(locked: Locked) -> list[str]:
    on_delete = "homeward_locked_with_candidate" if locked.goes_with_candidate else "homeward_locked"
    changes = {
        "UPDATE": f"FOR EACH ROW WHEN ({locked.is_changed}) EXECUTE FUNCTION homeward_locked()",
        "DELETE": f"FOR EACH ROW WHEN ({locked.since_old}) EXECUTE FUNCTION {on_delete}()",
        "TRUNCATE": "FOR EACH STATEMENT EXECUTE FUNCTION homeward_locked()",
    }
    return [
        f"CREATE TRIGGER {locked.table}_locked_{verb.lower()} BEFORE {verb} ON {locked.table} {what}"
        for verb, what in changes.items()
    ]
