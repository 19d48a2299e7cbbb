"""Entries that a child may be started with, for the tests of its first lines."""

from core.media.inside.refusal import Refused


def echo(channel, source):
    channel.send("hello")
    channel.send_bytes(source.read())
    return {"size": source.size}


def refuse(channel, source):
    raise Refused("playlist", "It names other files.")


def exhaust(channel, source):
    raise MemoryError


def stumble(channel, source):
    return 1 / 0
