"""The shared library of the OpenStack resource agents; only the version stands here.

This file exports no names of other modules, because every monitor pays for
every import.  Each module imports only what it needs.
"""

__version__ = "0.1.0"
