"""Sample traffic of the seven member states: invented events on real routes, for demonstrations, training and tests."""
