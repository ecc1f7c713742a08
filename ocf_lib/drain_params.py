"""The parameters that say how a stop takes an API out of a load balancer's rotation."""

from __future__ import annotations

from .param import Param


def out_of_rotation(file: str) -> tuple[Param, ...]:
    """The parameters of an API; *file* is the usual one of its project, "" if nobody knows it."""
    return (
        Param(
            name="drain_time",
            summary="Drain time in seconds",
            text=(
                "Seconds that the stop of an API that answers waits after it has made drain_file. The load balancer, which"
                " checks /healthcheck, then sends nothing more to this instance, and requests in flight get their answers."
                " Give it at least the time after which the load balancer takes a server for down, and that of the longest"
                " request. It takes at most three tenths of the timeout of the stop. With 0, a stop waits for nothing. A"
                " unit may follow the number: 20s, 2min."
            ),
            kind="seconds",
            default="0",
            monitoring=True,
        ),
        Param(
            name="drain_file",
            summary="File for the drain time",
            text=(
                "File for drain_time: disable_by_file_path of the filter healthcheck of oslo.middleware, or disable_path"
                " of Swift's. While it is there, /healthcheck answers 503. The agent removes it after the stop, and never"
                " touches a file that somebody else made."
            ),
            kind="path",
            default=file,
            monitoring=True,
        ),
    )
