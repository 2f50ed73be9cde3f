package dev.sessionauthority.client;

import java.util.Optional;

/**
 * The outcome of one validation of many. Exactly one of both is present.
 *
 * @param verdict the verdict
 * @param failure why there is no verdict
 */
public record ValidationResult(Optional<Verdict> verdict, Optional<NoVerdictException> failure) {
  static ValidationResult of(Verdict verdict) {
    return new ValidationResult(Optional.of(verdict), Optional.empty());
  }

  static ValidationResult of(NoVerdictException failure) {
    return new ValidationResult(Optional.empty(), Optional.of(failure));
  }

  /**
   * Returns the session, or throws as {@link SessionAuthorityClient#validate(Validation)} does.
   *
   * @return the session
   */
  public ActiveSession session() {
    if (failure.isPresent()) {
      throw failure.get();
    }
    return Verdicts.sessionOrThrow(verdict.orElseThrow());
  }
}
