"""What can go wrong with a Conductor."""

from __future__ import annotations


class ConductorError(Exception):
    """Something that the Conductor cannot do."""


class DecisionNotFound(ConductorError, LookupError):
    """Feedback for a decision that is not known, or no longer."""
