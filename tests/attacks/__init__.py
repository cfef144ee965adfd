"""Attacks on what was released: each succeeds on an unprotected export first, then fails on ours."""
