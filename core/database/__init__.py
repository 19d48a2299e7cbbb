"""PostgreSQL as Django speaks to it, with a pool that trusts what it holds."""
