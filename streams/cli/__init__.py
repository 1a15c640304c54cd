"""The `ric` command: what an agency's officer and the centre's operator type."""
