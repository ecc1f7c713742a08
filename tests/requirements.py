"""Print what setup.cfg asks for: its install_requires, and the extras named as arguments."""

import configparser
import sys
from pathlib import Path

settings = configparser.ConfigParser()
settings.read(Path(__file__).resolve().parent.parent / "setup.cfg")
wanted = settings["options"]["install_requires"]
for extra in sys.argv[1:]:
    wanted += settings["options.extras_require"][extra]
print(*(line for line in wanted.split() if not line.startswith("#")))
