"""What an uploaded file is, and what others get of it: pure functions over bytes, run by `python -m streams.attachments` under limits."""
