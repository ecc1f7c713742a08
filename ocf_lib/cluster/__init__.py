"""How the cluster (Pacemaker) is asked: who was fenced, what its configuration holds, and a marker at each node.

No other module reads what Pacemaker's programs print.  All of them work on a
node of pacemaker_remote, too.
"""
