"""Every duration and share of time, with what was measured or where it comes from.

Durations are in seconds.  Shares are of the time that is left when they are used.
"""

from __future__ import annotations

# -- every action

OWN_SHARE = 0.9
"""Part of its timeout that an action gives itself: on a timeout Pacemaker sends SIGKILL, and nobody reads a reason."""

# -- start

START_PAUSE = 0.1
"""Between two looks at a daemon that is not up yet."""
BLAME_EVERY = 8.0
"""Between two looks at the database and the broker of a daemon that is not up yet; loading takes 2 to 14."""
LISTED_WITHIN = 30.0
"""Time that a start waits for a worker to be up in its API's list; each worker reports every 10 to 30."""
QUIET_LIFE = 3.0
"""Time that a daemon has to live if nothing shows that it works; Swift's end within 1.7 if they cannot run."""
PORT_LET_GO = 1.0
"""Time that a process may take to let its port go after it has ended for everybody who asks."""

# -- stop

STOP_SHARE = 0.6
"""Part of the time that the daemon has for a clean end before it is killed."""
CLEAN_END = 15.0
"""Time for a clean end at most: Debian's units allow as many (TimeoutStopSec).

A loaded uwsgi ends within 1.1; the eventlet daemons take up to 75 with their
broker away (measured).
"""
IDLE_END = 3.0
"""Time for a clean end of a daemon that does not answer, or answers 5xx: no request of anybody is lost.

A uwsgi that is still loading its application would take 62 (measured).
"""
POLITE_QUESTION = 2.0
"""Time for the answer to the question whether the daemon answers at all."""
PROOF_PAUSE = 0.05
"""Between two looks at processes that were killed."""

# -- monitor

API_SHARE = 0.5
QUESTION_SHARE = 0.6
BLAME_SHARE = 0.6
"""Each question leaves time for the next one."""
ANSWER_SHARE = 0.5
"""Part of a query's time that the database has to answer; the rest is to load SQLAlchemy (half a second, idle)."""
DOUBT_AFTER = 10.0
"""Time after which a question that is not answered makes the agent look at the database."""
SECOND_LOOK = 1.0
"""Time until a second look confirms a failure."""
GRACE = 60.0
"""Time that a daemon has to find back to its broker, and to be up in its API's list again.

Every one of them was, 10 to 38 after the broker came back (measured).
"""
INTERRUPTED = 10.0
"""Time beyond the usual after which a recurring monitor counts as interrupted."""
WATCH_SHARE = 0.8
"""Part of the time that a watch may take."""
DEGRADED_WATCH = 5.0
"""Longest watch while the service is degraded: its recovery is to be seen soon."""
WORKERS_FOLLOW = 0.3
"""Time that workers get to follow a daemon that died while it was watched (measured for uwsgi: 0.05)."""

# -- signing in

TOKEN_SHARE = 0.9
"""Part of its life for which a token is used: Keystone's clock and ours may differ."""
KEYSTONE_ANSWERS = 5.0
"""Time for Keystone to say that it is there."""
