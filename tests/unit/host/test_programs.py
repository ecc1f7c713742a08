"""Short programs, run as real processes of the account that runs the tests."""

import os
import pwd

from ocf_lib.host import Host

USER = pwd.getpwuid(os.geteuid()).pw_name


def test_an_output_that_is_no_utf8_comes_back_as_it_is():
    """
    A file in /etc/default may export a path in Latin-1. The daemon gets exactly these bytes.
    """
    done = Host().programs.run_as(USER, ["/bin/sh", "-c", "printf '/srv/\\344'"], "", 20)

    assert done == (0, "/srv/\udce4")
    assert os.fsencode(done[1]) == b"/srv/\xe4"
