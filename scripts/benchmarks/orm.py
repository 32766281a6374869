"""The yardstick for CPU: each state an object of SQLAlchemy and a transaction of its own.

So work LTSS and its descendants: the same columns and indexes, the same loop.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, String, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    scoped_session,
    sessionmaker,
)

from .rows import State

MONTH_US = 30 * 86_400 * 1_000_000


class Base(DeclarativeBase):
    """What SQLAlchemy wants."""


class StateRow(Base):
    """One state."""

    __tablename__ = "orm_states"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    time: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(255), index=True)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB)


Index("orm_states_attributes_idx", StateRow.attributes, postgresql_using="gin")
Index("orm_states_entity_time_idx", StateRow.entity_id, StateRow.time.desc())


def prepare(url: str) -> Engine:
    """Make the table as a hypertable."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        _ = connection.execute(
            text(
                "SELECT create_hypertable('orm_states', 'time', chunk_time_interval => :us)"
            ),
            {"us": MONTH_US},
        )
    return engine


def write(engine: Engine, states: Iterable[State]) -> None:
    """Write states one by one."""
    get_session = scoped_session(sessionmaker(bind=engine))
    for time, entity_id, state, attributes in states:
        with get_session() as session, session.begin():
            session.add(
                StateRow(
                    time=time,
                    entity_id=entity_id,
                    state=state,
                    attributes=dict(attributes),
                )
            )
