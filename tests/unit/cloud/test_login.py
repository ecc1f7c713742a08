"""What signing in makes of the parameters."""

from ocf_lib.cloud import login
from ocf_lib.context import Context

from ..conftest import load


def context_of(machine, **given):
    environ = {f"OCF_RESKEY_{name}": value for name, value in given.items()}
    return Context(load("nova-compute"), ["nova-compute", "monitor"], environ, machine)


def test_the_id_of_a_domain_wins_over_its_name(machine):
    """
    The name has a default. So it must not count beside the id.
    """
    context = context_of(
        machine, os_username="u", os_project_name="p", os_user_domain_id="d1", os_project_domain_id="d2"
    )
    plugin, _, region = login._plugin(context, None, "x")
    method = plugin.auth_methods[0]

    assert method.get_auth_data(None, plugin, {}, request_kwargs={})[1]["user"]["domain"] == {"id": "d1"}
    assert (plugin.project_domain_id, region) == ("d2", "")
