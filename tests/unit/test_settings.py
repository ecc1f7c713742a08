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
        ("[database]\nconnection: sqlite:///a=b\n", "sqlite:///a=b"),
        ("[database]\nconnection = a,\n  b,\n\tc\nd = e\n", "a,b,c"),
        ("[database]\nconnection = a\n \n  b\n", "a"),
        ("[database]\nconnection = a\n  # of somebody\n\t; else\n  b\n", "ab"),
        ("[database]\n  connection = b\nconnection = a", "a"),
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


def test_an_option_that_may_be_set_more_than_once_has_all_its_values():
    """
    oslo.config adds those of each file. An empty one is none.
    """
    machine = Machine()
    machine.files[CONFIG] = "[notification]\nurls = a\nurls =\nurls = $host\nurls_of = x\n[other]\nurls = y\n"
    machine.files[f"{CONFIG}.d/10.conf"] = "[notification]\nurls = c,\n  d\n"
    settings = Settings(Context(SERVICE, ["keystone", "monitor"], {}, machine))

    assert settings.every("notification", "urls") == ["a", "controller", "c,d"]
    assert settings.every("notification", "none") == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("$my_ip", "192.0.2.7"),
        ("${my_ip}", "192.0.2.7"),
        ("$my_ip:8774", "192.0.2.7:8774"),
        ("http://$host/$state_path", "http://controller//var/lib/keystone"),
        ("$own", "of api"),
        ("$both", "of api"),
        ("${database.connection}!", "sqlite://!"),
        ("$indirect", "<192.0.2.7>"),
        ("$loop", "$loop"),
        ("pa$$word", "pa$word"),
        ("pa\\$my_ip", "pa$my_ip"),
        ("$$$my_ip", "$192.0.2.7"),
        ("$$my_ip", "$my_ip"),
        ("$unknown and $", "$unknown and $"),
        ("${nothing.there} ${my_ip ${1} $1", "${nothing.there} ${my_ip ${1} $1"),
        ("${}$", "${}$"),
    ],
)
def test_references_to_other_options_are_resolved(written, read):
    """
    As oslo.config does: first in the own section, then in DEFAULT. Unknown names stay, and circles have an end.
    """
    machine = Machine()
    machine.files[CONFIG] = (
        "[DEFAULT]\nboth = of default\nindirect = <$my_ip>\nloop = $loop\n"
        f"[api]\nown = of api\nboth = of api\nbind = {written}\n[database]\nconnection = sqlite://\n"
    )
    context = Context(SERVICE, ["keystone", "monitor"], {}, machine)

    assert Settings(context).option("api", "bind") == read


def test_an_address_that_is_configured_counts_more_than_that_of_the_host():
    """
    my_ip of the configuration is the address of this node.
    """
    machine = Machine()
    machine.files[CONFIG] = "[DEFAULT]\nmy_ip = 10.0.0.5\n[api]\nbind = $my_ip\n"

    assert Settings(Context(SERVICE, ["keystone", "monitor"], {}, machine)).option("api", "bind") == "10.0.0.5"


@pytest.mark.parametrize(
    "words",
    [
        "--config-file /etc/ironic.conf",
        "--debug --config-file=/etc/ironic.conf -v",
        "'--config-file=/etc/ironic.conf'",
        "--config-dir /etc/ironic",
    ],
)
def test_the_files_that_the_operator_adds_count_most(words):
    """
    The daemon gets them as its last arguments.
    """
    machine = Machine()
    machine.files[CONFIG] = "[DEFAULT]\nhost = one\n"
    machine.files["/etc/ironic.conf"] = machine.files["/etc/ironic/b.conf"] = "[DEFAULT]\nhost = ironic\n"
    machine.files["/etc/ironic/a.conf"] = machine.files["/etc/ironic/c.txt"] = "[DEFAULT]\nhost = two\n"
    given = {"OCF_RESKEY_additional_parameters": words}

    assert Settings(Context(SERVICE, ["keystone", "monitor"], given, machine)).option("DEFAULT", "host") == "ironic"
