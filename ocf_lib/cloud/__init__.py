"""How the agents ask an OpenStack API: HTTP, credentials, signing in, and the stored token."""
