"""Manila's data service; the cloud has configured Manila."""

from . import Project

PROJECT = Project(
    table="""
manila-data manila-data 3     7       -      190     190
""",
    needs=("manila-api",),
)
