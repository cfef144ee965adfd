"""The door: declared tables, the study folder, and every problem in it at once."""
