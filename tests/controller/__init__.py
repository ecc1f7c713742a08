"""A whole controller under Pacemaker: what its start takes, what an outage does to it, what its monitors cost."""
