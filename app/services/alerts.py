"""Alerts: everything for supervisors at once; for a case worker their own, in a daily batch.

The batch keeps a case worker from learning, by the minute, when a photo was taken in.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.schemas.accounts import AccountOut
from app.schemas.overview import AlertOut
from indexer.daily_batch import last_batch
from models.actor import Actor
from models.alert import Alert
from models.records import User
from models.user import Role


def visible_alerts(actor: Actor, batch_hour: int, at: datetime) -> Select[Alert]:
    if actor.role is Role.SUPERVISOR:
        return select(Alert).where(Alert.user_id.is_(None))
    return select(Alert).where(Alert.user_id == actor.id, Alert.at <= last_batch(batch_hour, at))


def described(session: Session, alerts: list[Alert]) -> list[AlertOut]:
    """With the account that an alert is about, so that a supervisor sees who was let in as what."""
    ids = [UUID(alert.object_id) for alert in alerts if alert.object_type == "user"]
    accounts = {str(user.id): user for user in session.scalars(select(User).where(User.id.in_(ids)))}
    return [_described(alert, accounts.get(alert.object_id)) for alert in alerts]


def _described(alert: Alert, user: User | None) -> AlertOut:
    return AlertOut(
        id=alert.id,
        kind=alert.kind,
        object_type=alert.object_type,
        object_id=alert.object_id,
        at=alert.at,
        account=AccountOut.model_validate(user) if user else None,
    )
