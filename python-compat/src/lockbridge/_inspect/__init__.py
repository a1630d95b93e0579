"""Looking at a lock path without disturbing whoever uses it: look, evidence, verdict."""
