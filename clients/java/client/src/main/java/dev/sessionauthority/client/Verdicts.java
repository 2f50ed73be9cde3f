package dev.sessionauthority.client;

import dev.sessionauthority.session.v1.ValidateResponse;
import dev.sessionauthority.session.v1.RejectReason;
import java.util.Optional;

/** Conversions of verdicts. */
final class Verdicts {
  private Verdicts() {}

  static Verdict from(ValidateResponse response) {
    return switch (response.getOutcomeCase()) {
      case SESSION ->
          new ActiveSession(
              response.getSession(),
              response.hasRotateAfter()
                  ? Optional.of(Times.instant(response.getRotateAfter()))
                  : Optional.empty());
      case REJECTION -> from(response.getRejection());
      case OUTCOME_NOT_SET -> throw new NoVerdictException(CallException.withoutOutcome());
    };
  }

  static Verdict from(dev.sessionauthority.session.v1.Rejection rejection) {
    if (rejection.getReason() == RejectReason.REJECT_REASON_STEP_UP_REQUIRED) {
      return new StepUp(
          rejection.getSessionId(),
          rejection.getMessage(),
          rejection.getRequiredAssuranceLevel(),
          rejection.hasRequiredMaxAuthAge()
              ? Optional.of(Times.duration(rejection.getRequiredMaxAuthAge()))
              : Optional.empty());
    }
    return new Rejection(
        rejection.getReason(),
        rejection.getMessage(),
        rejection.hasEndedAt() ? Optional.of(Times.instant(rejection.getEndedAt())) : Optional.empty(),
        rejection.getActor(),
        rejection.getStatedReason(),
        rejection.getSessionId());
  }

  /** Returns the session of the verdict, or throws. */
  static ActiveSession sessionOrThrow(Verdict verdict) {
    if (verdict instanceof ActiveSession session) {
      return session;
    }
    if (verdict instanceof StepUp stepUp) {
      throw new StepUpRequiredException(stepUp);
    }
    throw new RejectedException((Rejection) verdict);
  }
}
