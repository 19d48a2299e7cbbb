from tests.unit.storage.seaweed import seaweed

__all__ = ["seaweed"]
