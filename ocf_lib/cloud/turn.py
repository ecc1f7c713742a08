"""One login at a time, for all resources of this node that sign in as the same user of the same Keystone.

If somebody changes the password, or Keystone forgets all tokens, every monitor
of the node wants to sign in at the same moment.  Together they would need the
processors for longer than any of them may wait, and so none would succeed.
"""

from __future__ import annotations

from .. import patience
from ..address import Address
from ..context import Context
from .credentials import who

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..host.lock import Lock


class Missed(Exception):
    """The turn of this resource has not come in time.  That says nothing about Keystone."""


class Turn:
    """The turn of one resource.  It ends with the ``with`` statement, or with the process."""

    def __init__(self, context: Context, keystone: Address | None, seconds: float) -> None:
        """Wait at most *seconds* for the others that sign in at the same *keystone*; None if clouds.yaml names it."""
        from _blake2 import blake2b

        self._context = context
        # Resources of another Keystone, which may be silent, wait for each other.  Every user of the host can list the
        # directory, so no part of the name comes from a secret: a hash would let anybody try passwords.
        name = blake2b(f"{keystone} {who(context)}".encode("utf-8", "replace"), digest_size=8).hexdigest()
        self._path = f"{context.run_directory}/openstack-{name}.login"
        self._seconds = seconds
        self._lock: Lock | None = None

    def __enter__(self) -> None:
        """Raises Missed."""
        context = self._context
        until = context.now() + self._seconds
        try:
            while (lock := context.host.itself.lock(self._path)) is None:
                if context.now() >= until:
                    raise Missed
                context.sleep(patience.TURN_PAUSE)
            self._lock = lock
        except OSError as problem:
            # As with a note that cannot be kept, the action goes on.
            context.log.warn(f"{self._path}: {problem.strerror}")

    def __exit__(self, *_: object) -> None:
        if self._lock:
            self._lock.release()
