"""All durations and shares of time, each with its reason or what was measured.

Durations are in seconds.  A share is a part of the time that is left when it is used.
"""

from __future__ import annotations

# -- every action

OWN_SHARE = 0.9
"""Part of the timeout that an action uses.  At the timeout Pacemaker sends SIGKILL, and then there is no reason."""

GUARD_SHARE = 0.95
"""Part of the timeout after which the agent ends, even if it waits for a disk that hangs."""

SYSTEMD_ANSWERS = 5.0
"""Time for systemd to say what it knows, or to make a scope; it takes 0.01, and no action fails without an answer."""
CLUSTER_ANSWERS = 10.0
"""Time for the cluster to say whether it has a resource, who was fenced, or what its configuration is."""
ATTRIBUTE_TAKEN = 2.0
"""Time for the cluster to take a changed attribute of the node; it takes 0.01.  The result of the action waits for it."""
STATE_AGAIN = 3600.0
"""Time after which the agent shows an unchanged state again: somebody may have removed the attribute."""
STATE_RETRY = 60.0
"""Time after which the agent shows a state again that the cluster did not take."""

ACCOUNT_KNOWN = 5.0
"""Time for a directory of accounts (LDAP, SSSD) to say who an account is.  Measured: 0.001 from files."""

DISK_ANSWERS = 10.0
"""Time for a disk to open a file.  Measured: 0.001."""

# -- start

START_PAUSE = 0.1
"""Time between two looks at a daemon that is not up yet."""
BLAME_EVERY = 8.0
"""Time between two looks at the database and the broker of a daemon that is not up yet; it loads for 2 to 14."""
LISTED_WITHIN = 30.0
"""Time that a start waits until the API lists a connected worker as up; each worker reports every 10 to 30."""
DEFAULTS_READ = 5.0
"""Time for a shell to read the service's files in /etc/default.  Measured: 0.01 on an idle machine."""
RELAUNCH_PAUSE = 1.0
"""Pause before a start launches a daemon again that has ended at once.  Each further pause is longer by this time."""
RELAUNCH_LONGEST = 5.0
"""Longest such pause: what the daemon needs may come up at any moment."""
LAST_WORDS = 5.0
"""Time before the deadline in which a start launches nothing more, but looks whose fault it is."""
QUIET_LIFE = 3.0
"""Time that a daemon has to live if no check shows that it works; Swift's daemons end within 1.7 if they cannot run."""
SETTLES_SHARE = 0.4
"""Part of the time until a worker was well, for which it has to live on.

nova-compute of 2025.1 was well after 8.8 s, and ended 2 s later, as its identity was lost."""
SETTLES_LONGEST = 5.0
"""Longest such time."""
PREDECESSOR_LISTED = 2.0
"""Time after a launch in which a row in the list is surely older; no daemon reports before it has loaded for longer."""
REPORTS_AGAIN = 1.0
"""Time between two looks whether a worker that was launched has reported.  Nova's do so first after 5 to 10."""
QUIET_PAUSE = 1.0
"""Time without work after which such a daemon has loaded."""
QUIET_LONGEST = 30.0
"""Longest time of such a daemon: it may have work from the beginning.  Measured: it loads for 3 to 7 on a busy machine."""
PORT_LET_GO = 1.0
"""Time that a process may still hold its port after its command line has gone."""

# -- stop

STOP_SHARE = 0.6
"""Part of the time that the daemon has for a clean end before the agent kills it."""
CLEAN_END = 15.0
"""Time for a clean end with the usual timeout of stop: Debian's units allow the same (TimeoutStopSec).

Measured: a loaded uwsgi ends within 1.1.  Eventlet daemons take up to 75 if their broker is away."""
KILL_AND_PROVE = 39.0
"""Time that a stop keeps for SIGKILL and for the proof.  What the operator gives beyond that is for a clean end.

So the usual 60 leave CLEAN_END, and 600 leave 501 to a nova-compute that waits for a migration.
"""
IDLE_END = 3.0
"""Time for a clean end of a daemon that does not answer, or answers 5xx: no client loses a request.

Measured: a uwsgi that still loads its application would take 62."""
DRAIN_SHARE = 0.3
"""Part of the time left of a stop that drain_time may take.  With the usual 60 these are 16, and CLEAN_END still fits."""
POLITE_QUESTION = 2.0
"""Time for the request with which a stop asks whether the daemon still answers."""
PROOF_PAUSE = 0.05
"""Time between two looks at processes that the agent has killed."""

# -- monitor

API_SHARE = 0.5
QUESTION_SHARE = 0.6
BLAME_SHARE = 0.6
"""Part of the time left for a check of the API, for one with credentials, for the look at database and broker.

Each leaves time for the next.
"""
ANSWER_SHARE = 0.5
"""Part of a query's time for the database's answer.  The rest is for loading SQLAlchemy: 0.5 on an idle machine."""
QUERY_EVIDENCE = 5.0
"""Shortest time for a database's answer to a query, if its silence is to prove anything; a busy one takes seconds."""
GREETING_EVIDENCE = 1.0
"""The same for the first bytes of a server: they need no table, and come within milliseconds."""
GREETING_LONGEST = 5.0
"""Longest time for them: a server that says nothing for so long is silent."""
DOUBT_AFTER = 10.0
"""Time without an answer after which the agent looks at the database."""
RELAYED_ANSWERS = 4.0
"""Time for the answer to a question that the daemon passes on; it takes 0.03.  It occupies a worker of the daemon."""
RELAYED_AGAIN = 30.0
"""Time in which such a question is not repeated after a silence.  Each one may occupy another worker."""
RELAYED_HANGS = 60.0
"""Time for which a worker may wait for the answer: rpc_response_timeout of oslo.messaging."""
EXCUSED = 120.0
"""Time for which a component that was away explains a silence.

Measured: heat-api answered 64 after the broker had returned.  It had sent a call at that moment, and waits for an
answer for 60 (rpc_response_timeout).  The agent may have seen the broker away for the last time half a minute before.
"""
SECOND_LOOK = 1.0
"""Time between a failed check and the second look."""
GRACE = 60.0
"""The grace: time in which a daemon has to reconnect to its broker, and to be listed as up again (measured: 10 to 38)."""
SLOW_REPORTS = 90.0
"""The same for the workers of Heat and Watcher, which report every 60."""
INTERRUPTED = 10.0
"""If the next recurring monitor comes later than usual by more than this time, monitors were interrupted."""
WATCH_SHARE = 0.8
"""Part of the time left that a watch may take."""
DEGRADED_WATCH = 5.0
"""Longest watch while the service is degraded, so that the agent soon sees the recovery."""
HEARTBEAT_ANSWERS = 4.0
"""Time for the answer to a heartbeat.  A busy API takes less than 1; only a silence this long starts a full check."""
SUSPECT_ANSWERS = 6.0
"""Time for the answer to a full check that a silent heartbeat started: such a daemon is silent for the second time."""
WORKS = 0.05
"""Part of one processor.  A silent daemon that uses more is busy and does not hang, so it gets more time."""
STARVED_LOOK = 0.5
"""How long the agent looks whether a silent daemon waits for a processor."""
STARVED = 0.5
"""Part of that time.  Who waits longer is starved: measured, 0.8 and more beside one other that wants the same processor."""
ANSWER_EVIDENCE = 2.0
"""Shortest time for an answer of the daemon, if its silence is to prove anything.  Measured: 0.005 to 1, more if it is busy."""
LOGIN_EVIDENCE = 5.0
"""The same for a login: loading the libraries for it alone takes 0.5 of processor time."""
WORKERS_FOLLOW = 0.3
"""Time that child processes get to end after their daemon died during a watch (measured for uwsgi: 0.05)."""

# -- signing in

TOKEN_SHARE = 0.9
"""Part of a token's life in which the agent uses it: the clocks of Keystone and of this host may differ."""
LOGIN_AGAIN = 60.0
"""Time between two logins with the same credentials, if the first one failed, or its token is refused or is over at once.

A changed parameter ends it at once.  An operator who mends the user waits that long at most.
"""
TURN_SHARE = 0.5
"""Part of the time left in which a resource waits until others have signed in.  The rest is for its own login."""
TURN_PAUSE = 0.1
"""Time between two looks whether the others have signed in.  Measured: a login takes 1.2 on two busy cores."""
KEYSTONE_ANSWERS = 5.0
"""Time for Keystone to answer a request without credentials."""

# -- evacuation

GATE_PAUSE = 5.0
"""Time between two looks of a start that waits for the end of an evacuation, which takes minutes."""
SAME_FENCING = 20
"""Two nodes write down times of one fencing that differ by less.  The next one is later: an evacuation takes at least 25."""
