"""Detectors behind one interface, and the child process in which they run."""
