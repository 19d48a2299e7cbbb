"""A real server with the cast in a database of the module's own."""

from tests.api.intake.conftest import cast_here, server, token_of

__all__ = ["cast_here", "server", "token_of"]
