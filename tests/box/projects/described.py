"""A daemon that openstack-daemon knows only by its parameters: the one of the example in the meta-data."""

from . import Project

# Without credentials, nothing that it asks reaches the database.
PROJECT = Project(
    table="""
openstack-daemon           cinder-scheduler           3     7       -      190     0
"""
)
