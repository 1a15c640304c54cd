"""The language that agencies, the centre and partners speak. Needs pydantic and the standard library only."""
