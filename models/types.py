"""Column types and identifiers that every record shares."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, ForeignKey, Integer, TypeDecorator, Uuid
from sqlalchemy.orm import mapped_column


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. SQLite keeps no time zone, so moments go in and come out as UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(kind: type[StrEnum]) -> Enum:
    """A column that holds one word of ``kind``, checked by the database."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        name=kind.__name__.lower(),
    )


# SQLite gives AUTOINCREMENT (ids never used twice) to INTEGER keys only.
BigId = BigInteger().with_variant(Integer, "sqlite")

RandomId = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=uuid4)]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
Json = dict[str, Any]


def by_whom(**options: Any) -> Any:
    """A column that names the account which did it. Accounts are disabled, never deleted, so it always holds."""
    return mapped_column(Uuid, ForeignKey("users.id"), **options)
