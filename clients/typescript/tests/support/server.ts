import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { SessionAuthority, type ClientOptions } from "@session-authority/client";
import { setTimeout as delay } from "node:timers/promises";

const BINARY =
  process.env["SESSION_AUTHORITY_PROGRAM"] ??
  fileURLToPath(new URL("../../../../target/debug/session-authority", import.meta.url));
const START_TIMEOUT_MS = 60_000;
// A debug build on a busy machine may take longer than the limits for production.
const PATIENCE = {
  SESSION_AUTHORITY__SERVER__REQUEST_TIMEOUT: "20s",
  SESSION_AUTHORITY__SERVER__MESSAGE_TIMEOUT: "20s",
  SESSION_AUTHORITY__STORE__RESPONSE_TIMEOUT: "20s",
};

/** A development server: `session-authority dev` on free ports, with a temporary data directory. */
export class TestServer {
  #process: ChildProcess;

  private constructor(
    readonly address: string,
    private readonly management: string,
    private readonly data: readonly string[],
    process: ChildProcess,
  ) {
    this.#process = process;
  }

  static async start({ data }: { data?: string } = {}): Promise<TestServer> {
    if (!existsSync(BINARY)) {
      throw new Error(`${BINARY} not found: run cargo build, or set SESSION_AUTHORITY_PROGRAM`);
    }
    const [address, management] = [await freeAddress(), await freeAddress()];
    const dataArguments = data === undefined ? [] : ["--data", data];
    const server = new TestServer(address, management, dataArguments, launch(address, management, dataArguments));
    await server.#waitUntilReady();
    return server;
  }

  /** Returns a client whose calls may take longer than on a machine that does nothing else. */
  connect(options: Partial<ClientOptions> = {}): SessionAuthority {
    return new SessionAuthority({
      address: this.address,
      validateTimeoutMs: 20_000,
      callTimeoutMs: 20_000,
      ...options,
    });
  }

  /** Starts the stopped server again, on the same address. */
  async restart(): Promise<void> {
    this.#process = launch(this.address, this.management, this.data);
    await this.#waitUntilReady();
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
  }

  async #waitUntilReady(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        const response = await fetch(`http://${this.management}/readyz`);
        if (response.ok) {
          return;
        }
      } catch {
        // It does not listen yet.
      }
      if (this.#process.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the server on ${this.address} did not become ready`);
      }
      await delay(20);
    }
  }
}

function launch(address: string, management: string, data: readonly string[]): ChildProcess {
  const output = process.env["SHOW_SERVER_LOG"] === undefined ? "ignore" : "inherit";
  return spawn(BINARY, ["dev", "--listen", address, "--management", management, ...data], {
    stdio: ["ignore", output, output],
    env: { ...process.env, ...PATIENCE },
  });
}

export async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `127.0.0.1:${String(port)}`;
}
