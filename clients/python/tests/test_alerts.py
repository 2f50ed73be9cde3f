from __future__ import annotations

import grpc
import pytest

from session_authority import CallError
from session_authority.alerts import AlertPosition
from session_authority.v1.alert_pb2 import Alert, Gap, Heartbeat
from session_authority.v1.session_service_pb2 import StreamAlertsRequest, StreamAlertsResponse


class Failure(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return "details"


def alert(number: int) -> StreamAlertsResponse:
    return StreamAlertsResponse(alert=Alert(alert_id=f"a{number}", cursor=f"c{number}"))


def test_the_stream_resumes_from_the_latest_cursor_of_alerts_and_heartbeats() -> None:
    position = AlertPosition(StreamAlertsRequest(from_start=True, user_id="ann"))
    assert position.request() == StreamAlertsRequest(from_start=True, user_id="ann")
    position.accept(alert(1))
    assert position.request() == StreamAlertsRequest(resume_cursor="c1", user_id="ann")
    assert position.accept(StreamAlertsResponse(heartbeat=Heartbeat(cursor="h"))) is None
    assert position.request().resume_cursor == "h"


def test_a_repeated_alert_is_not_returned_again() -> None:
    position = AlertPosition(StreamAlertsRequest())
    assert position.accept(alert(1)) is not None
    assert position.accept(alert(1)) is None
    assert position.accept(alert(2)) is not None


def test_a_gap_is_returned() -> None:
    position = AlertPosition(StreamAlertsRequest())
    event = position.accept(StreamAlertsResponse(gap=Gap(from_cursor="a", to_cursor="b", reason="expired")))
    assert event is not None
    assert (event.cursor, event.alert) == ("b", None)
    position.accept(StreamAlertsResponse(gap=Gap(from_cursor="b", to_cursor="z", reason="slow_consumer")))
    assert position.cursor == "b"


def test_pauses_grow_up_to_a_limit_and_start_again_after_a_response() -> None:
    position = AlertPosition(StreamAlertsRequest())
    pauses = [position.pause(Failure(grpc.StatusCode.UNAVAILABLE)) for _ in range(20)]
    assert 0.05 <= pauses[0] <= 0.1
    assert 2.5 <= pauses[-1] <= 5
    position.accept(alert(1))
    assert position.pause(None) <= 0.1


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "PERMISSION_DENIED", "UNAUTHENTICATED", "UNIMPLEMENTED"])
def test_a_refusal_ends_the_stream(code: str) -> None:
    with pytest.raises(CallError) as error:
        AlertPosition(StreamAlertsRequest()).pause(Failure(grpc.StatusCode[code]))
    assert error.value.code.name == code
