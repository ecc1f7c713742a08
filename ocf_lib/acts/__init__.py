"""What an agent of a daemon does when the cluster calls it: one file per action."""
