"""The evacuator: it moves the instances of a dead compute node, and lets no instance run twice.

Each recurring monitor is one pass.  It reads facts, does at most the next step,
and may be killed at any instruction.  Its journal is Nova's own records of
migrations, and one marker for each node in the cluster's configuration.
"""
