"""Failover as a client sees it: every fault and every planned work, while somebody asks for a validated token all the time."""
