"""Benchmarks: one file a question; each prints a table and compares side by side in one run."""
