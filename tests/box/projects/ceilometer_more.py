"""Ceilometer's agents for notifications and for compute nodes; the cloud has configured Ceilometer."""

from . import Project

PROJECT = Project(
    table="""
ceilometer-agent-notification ceilometer-agent-notification 3     7       -      190     0
ceilometer-agent-compute      ceilometer-agent-compute      3     7       -      0       0
""",
)
