"""Acceptance sampling by lots, as in ISO 2859-1: its tables and switching rules."""
