"""Controlled deliveries: one inbox, one order, one state (docs/decisions/0801, DOMAIN "Controlled delivery").

`stage.py` decides one record. `case.py` is the state, `keeping.py` its pieces under keys. `states.py` has the tables: phases, who may do
what and when. `acting.py` holds an act against them. The acts themselves: `opening`, `consents`, `handover`, `contact`, `holding`,
`ending`, `parts`, `merging`, `room`, `evidence`. `clocks.py` derives what falls due, `alarms.py` climbs the ladder, `mass.py` weighs,
`telling.py` says what stands.
"""
