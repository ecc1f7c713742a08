"""NAME=value as systemd 252 reads and prints it; every expected value comes from a real systemd."""

import pytest

from ocf_lib.daemon import assignments

NOVNC = """\
# Debian's and Red Hat's files look like this.
OPTIONS="--web /usr/share/novnc/"
  ; another comment
export NEVER=1
NEITHER
BAD-NAME=1
2BAD=1
=x
TWICE=1
TWICE=2
OPEN="to the
end"""


def test_an_environment_file_is_read_as_systemd_does():
    """
    Comments, export, and names that are no names count for nothing. The last value of a name counts.
    """
    assert assignments.of_file(NOVNC) == {"OPTIONS": "--web /usr/share/novnc/", "TWICE": "2", "OPEN": "to the\nend"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=", ""),
        ("A= a b   c  ", "a b   c"),
        ("  A =\tx\t", "x"),
        ("A=x\r\nB=y", "x"),
        ("A='single \"x\" \\n $HOME'", 'single "x" \\n $HOME'),
        ('A="double \\"q\\" \\\\ \\$x \\n `t` \'y\'"', "double \"q\" \\ $x \\n `t` 'y'"),
        ("A='two\nlines'", "two\nlines"),
        ("A=one \\\n  two", "one   two"),
        ('A="one \\\n  two"', "one   two"),
        ("A='a'\"b\"c'd'", "abc'd'"),
        ('A="a" b', "ab"),
        ("A=a # no comment; none", "a # no comment; none"),
        ('A=a"b c"d', 'a"b c"d'),
        ('A=a\\ b\\\\c\\"d\\n', 'a b\\c"dn'),
        ("A=\\ x", " x"),
        ("A=a\\ \n", "a "),
        ("A=$HOME ${X}", "$HOME ${X}"),
    ],
)
def test_a_value_of_an_environment_file(text, value):
    """
    Quotes count at the beginning of a value, blanks in its middle, a backslash nearly everywhere.
    """
    assert assignments.of_file(text)["A"] == value


def test_what_systemctl_prints_is_unquoted():
    """
    systemctl quotes a variable that a shell would not take as one word.
    """
    text = (
        'LIBGUESTFS_ATTACH_METHOD=appliance "TWO=a b" "Q=it\\"s" "D=a\\$b" E= "F=back\\\\slash" "NL=a\\nb" "X=\\033[1m"'
        ' "S=it\'s" "B=a;b" "C=*" G=a~b U=ä [unprintable]'
    )

    assert assignments.of_property(text) == {
        "LIBGUESTFS_ATTACH_METHOD": "appliance", "TWO": "a b", "Q": 'it"s', "D": "a$b", "E": "", "F": "back\\slash",
        "NL": "a\nb", "X": "\033[1m", "S": "it's", "B": "a;b", "C": "*", "G": "a~b", "U": "ä",
    }  # fmt: skip
    assert assignments.of_property("") == {}
