"""Evacuation of instances from dead computes: real Nova, real Pacemaker, and one real process for each instance."""
