"""One HTTP request and the answer to it."""

from hypothesis import given
from hypothesis import strategies as st

from ocf_lib.cloud import http


@given(st.binary() | st.binary().map(lambda rest: b"HTTP/1.1 200 " + rest))
def test_any_head_is_an_answer_or_none(head):
    """
    Whatever a server sends is an HTTP answer with a status, or none.
    """
    answer = http.parse(head)

    assert answer is None or 100 <= answer.status < 600
