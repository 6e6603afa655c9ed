"""
How old a session is, and whether it has expired.

Times are nanoseconds since the Unix epoch.
"""

from attrs import evolve, frozen

from oauthproxy.session.session import Session

SECOND = 1_000_000_000
ZERO_TIME = -62_135_596_800 * SECOND
"""The zero time of Go, 1 January of the year 1: it stands for no time."""


def age(session: Session, now: int) -> int:
    """
    Return the time since the session was created, `now` cut to whole seconds; 0 when
    nobody knows, negative when it was created in the future.
    """
    created_at = session.created_at
    if created_at is None or created_at == ZERO_TIME:
        return 0
    return now - now % SECOND - created_at


def expired(session: Session, now: int) -> bool:
    """
    Tell whether the session's own expiry is past.
    """
    expires_on = session.expires_on
    return expires_on is not None and expires_on != ZERO_TIME and expires_on < now


def created(session: Session) -> bool:
    """
    Tell whether the session knows when it was created.
    """
    return session.created_at is not None and session.created_at != ZERO_TIME


def with_creation(session: Session, now: int) -> Session:
    """
    Return the session, created now if it does not know when it was created.
    """
    return session if created(session) else evolve(session, created_at=now)


@frozen
class Times:
    """
    When sessions are due: older than `refresh_period` (0 and less for never), or, when
    `enforce_expiry`, past their own expiry.
    """

    refresh_period: int
    enforce_expiry: bool

    def due(self, session: Session, now: int) -> bool:
        """
        Tell whether a session must be renewed before it is used.
        """
        if 0 < self.refresh_period < age(session, now):
            return True
        return self.enforce_expiry and expired(session, now)

    def due_at(self, session: Session) -> int | None:
        """
        Return the first moment at which a session is due, None for never.
        """
        times = [self._too_old_at(session), self.expires_at(session)]
        return min((each for each in times if each is not None), default=None)

    def expires_at(self, session: Session) -> int | None:
        """
        Return the first moment at which a session has expired, None for never.
        """
        expires_on = session.expires_on
        if not self.enforce_expiry or expires_on is None or expires_on == ZERO_TIME:
            return None
        return expires_on + 1

    def _too_old_at(self, session: Session) -> int | None:
        if self.refresh_period <= 0 or not created(session):
            return None
        # Ages are counted in whole seconds of the clock.
        last = (session.created_at or 0) + self.refresh_period
        return (last // SECOND + 1) * SECOND
