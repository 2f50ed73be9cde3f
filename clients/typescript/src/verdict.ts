import type { MessageShape } from "@bufbuild/protobuf";
import { enumName, readTimestamp, toPlain } from "./convert.js";
import { CallError, NoVerdict, Rejected, StepUpRequired } from "./errors.js";
import type { Known, Rejection, Session, Source, ValidateRequest } from "./gen/types.js";
import { RejectionSchema } from "./gen/session/v1/session_pb.js";
import { SourceSchema, type ValidateResponseSchema } from "./gen/session/v1/session_service_pb.js";
import { readSession } from "./session-reader.js";

/** The session that a token opens, as of the validation. */
export interface ValidatedSession extends Session {
  /** When to call `rotate` with the token. Undefined if the token need not be rotated. The guards do so themselves. */
  readonly rotateAfter?: Date | undefined;
  /** Time as of which the verdict holds. */
  readonly asOf?: Date | undefined;
  /** Source of the verdict. */
  readonly source: Known<Source>;
}

/** The demands of a validation, and the client that sent the token. */
export type ValidateOptions = Omit<ValidateRequest, "token">;

/** A verdict as a tagged union. The absence of a verdict is not one of its cases: it is thrown as NoVerdict. */
export type Verdict =
  | { readonly outcome: "session"; readonly session: ValidatedSession }
  | { readonly outcome: "rejected"; readonly rejection: Rejected }
  | { readonly outcome: "step_up_required"; readonly stepUp: StepUpRequired };

/** Returns the verdict of a response. */
export function readVerdict(response: MessageShape<typeof ValidateResponseSchema>): Verdict {
  const { outcome } = response;
  switch (outcome.case) {
    case "session": {
      const { rotateAfter, asOf } = response;
      const session = Object.assign(readSession(outcome.value), {
        rotateAfter: rotateAfter && readTimestamp(rotateAfter),
        asOf: asOf && readTimestamp(asOf),
        source: enumName(SourceSchema, response.source) as Known<Source>,
      });
      return { outcome: "session", session };
    }
    case "rejection":
      return readRejection(toPlain<Rejection>(RejectionSchema, outcome.value));
    default:
      throw missingOutcome("Validate");
  }
}

/** Returns the verdict of a rejection. */
export function readRejection(rejection: Rejection): Verdict {
  const { message } = rejection;
  if (rejection.reason === "STEP_UP_REQUIRED") {
    const stepUp = new StepUpRequired({
      message,
      sessionId: rejection.sessionId,
      requiredAssuranceLevel: rejection.requiredAssuranceLevel || undefined,
      requiredMaxAuthAgeMs: rejection.requiredMaxAuthAgeMs,
    });
    return { outcome: "step_up_required", stepUp };
  }
  const rejected = new Rejected({
    message,
    reason: rejection.reason === "UNSPECIFIED" ? "UNKNOWN" : rejection.reason,
    endedAt: rejection.endedAt,
    actor: rejection.actor || undefined,
    statedReason: rejection.statedReason || undefined,
    sessionId: rejection.sessionId || undefined,
  });
  return { outcome: "rejected", rejection: rejected };
}

/** Returns the session of a verdict, or throws Rejected or StepUpRequired. */
export function sessionOf(verdict: Verdict): ValidatedSession {
  switch (verdict.outcome) {
    case "session":
      return verdict.session;
    case "rejected":
      throw verdict.rejection;
    case "step_up_required":
      throw verdict.stepUp;
  }
}

/** Returns the error for a response that lacks its outcome. */
export function missingOutcome(method: string): NoVerdict {
  return new NoVerdict({ method, code: "INTERNAL", message: "the response has no outcome" });
}

/** Returns the error of a call that should have given a verdict. */
export function asNoVerdict(error: unknown): unknown {
  return error instanceof CallError ? error.toNoVerdict() : error;
}
