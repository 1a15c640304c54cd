"""Fixes of tracking devices: the newest is shown at once, the timeline keeps what matters (decision 0812)."""
