from __future__ import annotations

from datetime import timedelta

import grpc
import pytest

from session_authority import Accepted, NoVerdict, Refused, Rejected, RejectReason, StepUpRequired, Validation
from session_authority.errors import ErrorDetails, rejection_error
from session_authority.v1.session_pb2 import Rejection, Session
from session_authority.v1.session_pb2 import RejectReason as Reasons
from session_authority.v1.session_service_pb2 import ValidateFailure, ValidateResponse
from session_authority.verdict import stream_failure, verdict


def test_every_reason_of_the_contract_has_a_name_here() -> None:
    contract = {name.removeprefix("REJECT_REASON_"): number for name, number in Reasons.items() if number}
    assert contract == {reason.name: reason.value for reason in RejectReason}


def test_an_unknown_reason_is_unknown() -> None:
    error = rejection_error(Rejection(reason=99))  # type: ignore[arg-type]
    assert isinstance(error, Rejected)
    assert error.reason is RejectReason.UNKNOWN


def test_step_up_is_an_error_of_its_own() -> None:
    error = rejection_error(Rejection(reason="REJECT_REASON_STEP_UP_REQUIRED", required_assurance_level=2))
    assert isinstance(error, StepUpRequired)
    assert not isinstance(error, Rejected)
    assert error.required_assurance_level == 2
    assert error.required_max_auth_age is None


def test_a_verdict_is_not_a_boolean() -> None:
    for value in (verdict(ValidateResponse(session=Session())), verdict(ValidateResponse(rejection=Rejection()))):
        with pytest.raises(TypeError):
            bool(value)


def test_get_returns_the_session_or_raises() -> None:
    accepted = verdict(ValidateResponse(session=Session(user_id="ann")))
    assert isinstance(accepted, Accepted)
    assert accepted.get().user_id == "ann"
    refused = verdict(ValidateResponse(rejection=Rejection(reason="REJECT_REASON_REVOKED")))
    assert isinstance(refused, Refused)
    with pytest.raises(Rejected):
        refused.get()


def test_a_response_without_a_verdict_is_no_verdict() -> None:
    with pytest.raises(NoVerdict) as error:
        verdict(ValidateResponse())
    assert error.value.code is grpc.StatusCode.INTERNAL


def test_a_failure_in_a_stream_is_no_verdict() -> None:
    failure = ValidateFailure(code=14, reason="ERROR_REASON_STORE_UNAVAILABLE", message="m", field="client.ip")
    error = stream_failure(failure)
    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
    assert error.fields[0].field == "client.ip"
    assert stream_failure(ValidateFailure(code=99, reason=99)).code is grpc.StatusCode.UNKNOWN  # type: ignore[arg-type]


def test_details_that_cannot_be_decoded_are_ignored() -> None:
    assert ErrorDetails.from_status(b"\xff\xff") == ErrorDetails()
    assert ErrorDetails.from_status(None) == ErrorDetails()


def test_the_age_of_an_authentication_is_rounded_up() -> None:
    request = Validation("sa_x", max_auth_age=timedelta(microseconds=1)).request()
    assert request.max_auth_age.ToMilliseconds() == 1
    with pytest.raises(ValueError, match="max_auth_age"):
        Validation("sa_x", max_auth_age=timedelta(0)).request()


def test_a_session_prints_no_personal_data() -> None:
    accepted = verdict(ValidateResponse(session=Session(session_id="id", email="ann@example.org", user_id="ann")))
    assert "ann" not in repr(accepted)
