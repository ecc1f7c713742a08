"""Nova's further proxies to the consoles of instances; the cloud has configured Nova."""

from . import Project

PROJECT = Project(
    table="""
nova-serialproxy     nova-consoleproxy 3     7       1      0       0
nova-spicehtml5proxy nova-consoleproxy 3     7       1      0       0
""",
)
