"""The centre."""

import zoneinfo

# DOMAIN.md pins the zones. zoneinfo would take the host's before the package's, and an old host has Almaty an hour off.
zoneinfo.reset_tzpath(())
