// Validate per second of the library and of a bare stub (the generated messages over grpc-js) against a running
// development server, alternately. Prints one line of JSON.
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { create, fromBinary, toBinary, type MessageShape } from "@bufbuild/protobuf";
import { SessionAuthority } from "@session-authority/client";
import { ValidateRequestSchema, ValidateResponseSchema } from "../src/gen/session/v1/session_service_pb.js";

const RUNS = 3;
const RUN_MS = 2000;
const WARM_UP_MS = 500;

type Validate = () => Promise<unknown>;

function bareStub(target: string, token: string): Validate {
  const client = new Client(target, credentials.createInsecure());
  const metadata = new Metadata();
  return () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        "/session.v1.SessionService/Validate",
        (message: MessageShape<typeof ValidateRequestSchema>) => Buffer.from(toBinary(ValidateRequestSchema, message)),
        (bytes: Buffer) => fromBinary(ValidateResponseSchema, bytes),
        create(ValidateRequestSchema, { token }),
        metadata,
        { deadline: Date.now() + 1000 },
        (error, response) => {
          if (error === null) {
            resolve(response);
          } else {
            reject(error);
          }
        },
      );
    });
}

/** Returns the calls per second of `parallel` loops. */
async function measure(validate: Validate, parallel: number, durationMs: number): Promise<number> {
  const start = performance.now();
  let calls = 0;
  const loop = async () => {
    while (performance.now() - start < durationMs) {
      await validate();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, loop));
  return calls / ((performance.now() - start) / 1000);
}

async function compare(
  library: Validate,
  stub: Validate,
  parallel: number,
): Promise<{ library: number; stub: number }> {
  const best = { library: 0, stub: 0 };
  await measure(library, parallel, WARM_UP_MS);
  await measure(stub, parallel, WARM_UP_MS);
  for (let run = 0; run < RUNS; run++) {
    best.library = Math.max(best.library, await measure(library, parallel, RUN_MS));
    best.stub = Math.max(best.stub, await measure(stub, parallel, RUN_MS));
  }
  return { library: Math.round(best.library), stub: Math.round(best.stub) };
}

const target = process.argv[2] ?? "127.0.0.1:50051";
const authority = new SessionAuthority({ address: target });
const { token } = await authority.create({ userId: "benchmark" });
const stub = bareStub(target, token.reveal());
const library = () => authority.validate(token);
const result = {
  language: "typescript",
  sequential: await compare(library, stub, 1),
  parallel64: await compare(library, stub, 64),
};
console.log(JSON.stringify(result));
process.exit(0);
