"""Shared library of the OpenStack resource agents.

Nothing is re-exported here: every monitor pays for every import, so each
module names what it needs and no more.
"""

__version__ = "0.1.0"
