"""Attacks on what was released: each is first shown to succeed on an unprotected export, then to fail on ours."""
