"""What the uwsgi ini of a service says."""

from ocf_lib.codes import SUCCESS

from ..double import OK
from ..worlds import INI


def test_a_socket_of_the_ini_is_neither_doubled_nor_missed(cluster, healthy):
    """
    If the ini declares a socket, the command line declares none, and the agent asks there.
    """
    healthy.files[INI] = "[uwsgi]\nhttp-socket = 10.0.0.5:5050\n"
    healthy.answers("/v3", OK, port=5050)

    assert cluster("start").code == SUCCESS
    assert healthy.programs.launched[0].argv == ["/usr/bin/uwsgi_python3", "--ini", INI]
