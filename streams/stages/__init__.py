"""Pure decisions, one file a stage: a record, a view of state and the reference data in; effects as values out."""
