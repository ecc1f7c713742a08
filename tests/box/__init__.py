"""A cluster in a box: whole Debian hosts on one machine, without containers.

Each host is systemd as process 1 in namespaces of its own, over a
copy-on-write view of one root directory, with a cable to a common bridge and
a plug in a power switch.  Used by the tests, the benchmarks and the demo.
"""


class BoxError(Exception):
    """The box cannot be brought up, or is already somebody's."""
