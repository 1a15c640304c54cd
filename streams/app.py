"""The Faust app of the centre's worker: `faust -A streams.app worker -l info`."""

import mode.loop

from schemas.channels import BY_NAME
from streams.engine.worker import build
from streams.settings import settings
from streams.topology import APPS

mode.loop.use("uvloop")

app = build(settings(), APPS, BY_NAME)
