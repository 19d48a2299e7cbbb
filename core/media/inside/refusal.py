"""The exception by which the child says that a clip is not one that we take."""


class Refused(Exception):
    """reason: stable code, part of the API; the text is for a person."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
