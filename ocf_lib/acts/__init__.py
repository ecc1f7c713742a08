"""The actions of an agent that runs a daemon: one file for each action."""
