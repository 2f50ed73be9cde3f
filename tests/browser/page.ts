// The calls of a page over gRPC-Web. Each is a function that the test runs in the browser; results are plain values.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { ErrorInfoSchema } from "../../clients/typescript/src/gen/google/rpc/error_details_pb.js";
import { SessionService } from "../../clients/typescript/src/gen/session/v1/session_service_pb.js";

function sessions(authority: string, key = "") {
  const headers: Record<string, string> = key === "" ? {} : { authorization: `Bearer ${key}` };
  return createClient(
    SessionService,
    createGrpcWebTransport({
      baseUrl: authority,
      interceptors: [
        (next) => (request) => {
          for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
          return next(request);
        },
      ],
    }),
  );
}

/** Returns the code of a failed call, and the reason in its details. */
async function failure(call: () => Promise<unknown>): Promise<{ code: string; reason: string }> {
  try {
    await call();
  } catch (error) {
    const failed = ConnectError.from(error);
    return { code: Code[failed.code], reason: failed.findDetails(ErrorInfoSchema)[0]?.reason ?? "" };
  }
  return { code: "OK", reason: "" };
}

const calls = {
  /** Signs a user in and validates the token. Returns the outcome and the user. */
  async signIn(authority: string, user: string) {
    const client = sessions(authority);
    const created = await client.create({ userId: user });
    const { outcome } = await client.validate({ token: created.token });
    return { outcome: outcome.case, user: outcome.case === "session" ? outcome.value.userId : "" };
  },
  invalid: (authority: string) => failure(() => sessions(authority).create({})),
  withKey: (authority: string, key: string) => failure(() => sessions(authority, key).create({ userId: "ann" })),
  /** Returns the kinds of the first events of an alert stream. */
  async stream(authority: string) {
    const kinds: (string | undefined)[] = [];
    for await (const { event } of sessions(authority).streamAlerts({})) {
      kinds.push(event.case);
      if (kinds.length === 2) break;
    }
    return kinds;
  },
};

Object.assign(window, { calls });
