"""From an agency's own file to reports: read any table, map its columns, show what was understood, send it."""
