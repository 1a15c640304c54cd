"""HTTP: publish, receipts, search, live feeds, health and metrics; the only way in and out for people."""
