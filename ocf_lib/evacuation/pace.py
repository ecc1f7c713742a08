"""How long the evacuator waits, and for what, each with its reason or what was measured; durations are in seconds."""

from __future__ import annotations

FRESH_FENCING = 300.0
"""Age of a fencing at which its node has hardly been evacuated, booted, used and stopped; 120 until a fencing is noticed."""
CLOCKS_APART = 3600.0
"""Longest difference between the clocks of two controllers for which the evacuator is prepared."""
PASS_SHARE = 0.8
"""Part of the timeout that one pass of the evacuator takes at most."""
ROUND_PAUSE = 2.0
"""Time between two rounds of a pass, while it has work; after one without orders, as long as that took."""
ROUND_LONGEST = 10.0
"""The longest such time, if nothing changes."""
ROUND_FULL = 3.0
"""The longest such time, if instances wait for a place that one in flight leaves.  Measured: three seconds for each."""
REST_LONGEST = 20.0
"""The longest such time after a round that took long: the reports of nova-compute have to be looked at now and then."""
NOVA_ANSWERS = 20.0
"""Time for Nova to answer a question of the evacuator.  Measured: a page of 200 instances takes 1 to 3."""
SILENCE = 25.0
"""Time without a report of nova-compute after which it is dead, if another one has reported three times."""
REPORTS = 25.0
"""Time in which some nova-compute must have reported, if the broker, a conductor and the database work."""
SAME_MOVE = 5.0
"""Two changes of a row within this time are one: a report follows the last one after 10, or after report_interval."""
FACTS_LAST = 10.0
"""Time for which one round gives orders, and between two looks at the reports: a nova-compute that starts needs as long
until it reports."""
POST_PAUSE = 0.5
"""Time between two orders to evacuate: one scheduler makes the claims one after the other."""
ON_ONE_COMPUTE = 4
"""Evacuations that may be in flight for each nova-compute that is up, on average.

Nova's scheduler gives orders that come together to one compute, which works on one
after the other, and the others have nothing to do meanwhile.  Measured with two
computes: 3.7 seconds for each instance with two in flight for each, 2.9 with four.
"""
POST_UNKNOWN = 60.0
"""Time in which an order may still be in nova-api, if it has no answer, or if another one has sent it."""
RETRY = 30.0
"""Time until a failed evacuation is tried again; each further time is twice as long."""
RETRY_LONGEST = 600.0
"""The longest such time."""
PLACELESS = 1800.0
"""Time for which a held host waits for another one to report, if none takes instances."""
STUCK = 1800.0
"""Time after which no conductor works on an evacuation any more that no host has taken: Nova's long_rpc_timeout."""
