import { once } from "node:events";
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescService,
  type MessageShape,
} from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.js";
import { AdminService } from "../../src/gen/session/v1/admin_service_pb.js";
import { SessionService } from "../../src/gen/session/v1/session_service_pb.js";

export type Handlers = Record<
  string,
  handleUnaryCall<never, never> | handleServerStreamingCall<never, never> | handleBidiStreamingCall<never, never>
>;

/** A server whose handlers fail as a test wants. */
export class FakeServer {
  #server = new Server();

  private constructor(readonly address: string) {}

  static async start(handlers: Handlers, address = "127.0.0.1:0"): Promise<FakeServer> {
    const server = new Server();
    for (const service of [SessionService, AdminService]) {
      server.addService(definitionOf(service), handlersOf(service, handlers));
    }
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) {
          resolve(bound);
        } else {
          reject(error);
        }
      });
    });
    const fake = new FakeServer(`127.0.0.1:${String(port)}`);
    fake.#server = server;
    return fake;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

/** Returns an error of the server, with the reason in its details. */
export function failure(code: keyof typeof status, reason?: string): object {
  const metadata = new Metadata();
  if (reason !== undefined) {
    const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: "session.v1" }))];
    metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, create(StatusSchema, { details }))));
  }
  return { code: status[code], details: `made to fail as ${code}`, metadata };
}

/** Waits until an emitter has emitted, or fails after some seconds. */
export async function emitted(emitter: NodeJS.EventEmitter, event: string): Promise<void> {
  await once(emitter, event, { signal: AbortSignal.timeout(10_000) });
}

function definitionOf(service: DescService): ServiceDefinition {
  return Object.fromEntries(
    service.methods.map((method) => [
      method.localName,
      {
        path: `/${service.typeName}/${method.name}`,
        requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
        responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
        requestSerialize: serializer(method.input),
        requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
        responseSerialize: serializer(method.output),
        responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
      },
    ]),
  );
}

function serializer(schema: DescMessage): (message: MessageShape<DescMessage>) => Buffer {
  return (message) => Buffer.from(toBinary(schema, message));
}

function handlersOf(service: DescService, handlers: Handlers): UntypedServiceImplementation {
  const names = new Set(service.methods.map((method) => method.localName));
  const chosen = Object.entries(handlers).filter(([name]) => names.has(name));
  return Object.fromEntries(chosen) as unknown as UntypedServiceImplementation;
}
