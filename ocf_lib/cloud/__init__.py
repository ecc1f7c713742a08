"""How an OpenStack API is asked: HTTP, credentials, the token in hand, signing in."""
