"""How the value of a parameter is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocf_lib.errors import BadParameter
from ocf_lib.param import Param


@given(st.text())
def test_any_text_is_a_value_of_its_kind_or_refused(text):
    """
    A parameter's text is a value of its kind or BadParameter, and never another exception.
    """
    for kind, expected in (("integer", int), ("boolean", bool), ("string", str)):
        try:
            value = Param(name="p", summary="", text="", kind=kind, default="0").parse(text)
        except BadParameter as problem:
            assert "p: " in str(problem)  # noqa: PT017  both ways are right; which one depends on the text
        else:
            assert isinstance(value, expected)


@pytest.mark.parametrize("word", ["yes", "true", "1", "YES", "TRUE", "True", "ja", "on", "ON"])
def test_every_yes_of_the_shell_library_is_one_here(word):
    """
    The shell library's spellings of yes work in any case.
    """
    assert Param(name="p", summary="", text="", kind="boolean").parse(word) is True


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("seconds", "20S", 20),
        ("seconds", " 2 Min ", 120),
        ("integer", "7\n", 7),
        ("port", " 5672", 5672),
        ("boolean", "Yes ", True),
        ("path", " /etc/x.conf ", "/etc/x.conf"),
        ("own_url", "HTTP://{host}:80/ ", "HTTP://{host}:80/"),
        ("string", " s3cr3t ", " s3cr3t "),
    ],
)
def test_blanks_around_a_value_mean_nothing_except_in_a_text(kind, text, value):
    """
    Pacemaker and its tools read numbers so, units in any case. A password may begin or end with a blank.
    """
    assert Param(name="p", summary="", text="", kind=kind).parse(text) == value
