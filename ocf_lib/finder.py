"""Who can say which processes are the service's: its identity, or its systemd unit."""

from __future__ import annotations

from . import process
from .context import Context


def finder(context: Context):
    """The module whose ``look`` and ``everything`` find this resource's processes."""
    if context.get("unit"):
        from . import unit

        return unit
    return process
