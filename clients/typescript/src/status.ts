import { status, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "./gen/google/rpc/status_pb.js";
import { readDuration } from "./convert.js";
import { CallError, type CallFailure, type StatusCode } from "./errors.js";

const ERROR_DOMAIN = "session.v1";

/** Returns the error of a failed call, with the details that the server sent. */
export function toCallError(method: string, error: ServiceError): CallError {
  const requestId = error.metadata.get("x-request-id")[0];
  return new CallError({
    method,
    code: statusCode(error.code),
    message: error.details,
    requestId: typeof requestId === "string" ? requestId : undefined,
    ...readDetails(error.metadata),
  });
}

/** Returns the name of a status code. */
export function statusCode(code: number): StatusCode {
  const name = status[code] as StatusCode | "OK" | undefined;
  return name === undefined || name === "OK" ? "UNKNOWN" : name;
}

type Details = Partial<Pick<CallFailure, "reason" | "metadata" | "fields" | "retryAfterMs">>;

function readDetails(metadata: Metadata): Details {
  const trailer = metadata.get("grpc-status-details-bin")[0];
  if (!Buffer.isBuffer(trailer)) {
    return {};
  }
  try {
    return decodeDetails(trailer);
  } catch {
    // Details that cannot be decoded are as good as none: the code still says what to do.
    return {};
  }
}

function decodeDetails(trailer: Buffer): Details {
  let details: Details = {};
  for (const detail of fromBinary(StatusSchema, trailer).details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info?.domain === ERROR_DOMAIN) {
      details = { ...details, reason: info.reason, metadata: { ...info.metadata } };
    }
    const badRequest = anyUnpack(detail, BadRequestSchema);
    if (badRequest !== undefined) {
      const fields = badRequest.fieldViolations.map(({ field, description }) => ({ field, description }));
      details = { ...details, fields };
    }
    const delay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
    if (delay !== undefined) {
      details = { ...details, retryAfterMs: readDuration(delay) };
    }
  }
  return details;
}
