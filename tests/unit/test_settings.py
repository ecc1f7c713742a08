"""What the service's own configuration files say."""

import pytest

from ocf_lib.context import Context
from ocf_lib.settings import Settings

from .conftest import SERVICE
from .double import Machine
from .worlds import CONFIG


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("[database]\nconnection = mysql+pymysql://k:p%20w@h/keystone\n", "mysql+pymysql://k:p%20w@h/keystone"),
        ("[database]\nconnection=a\nconnection=b\n", "b"),
        ("# nothing\n[DEFAULT]\n", ""),
        ("[database]\n# connection = x\n", ""),
        ("no section\n", ""),
        ("[database]\nconnection\n", ""),
        ("\0\n[[[\n", ""),
    ],
)
def test_the_database_is_read_as_oslo_config_reads_it(text, url):
    """
    The last value counts, and that of a later file. A file that makes no sense names no database.
    """
    machine = Machine()
    machine.files[CONFIG] = text
    context = Context(SERVICE, ["keystone", "monitor"], {}, machine)

    assert Settings(context).option("database", "connection") == url
    machine.files[f"{CONFIG}.d/10-db.conf"] = "[database]\nconnection = other\n"
    assert Settings(context).option("database", "connection") == "other"
