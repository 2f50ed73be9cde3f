import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The policy of a careful page: nothing inline, nothing from elsewhere, no HTML from text. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** A session of the simulated service. */
export interface FakeSession {
  session_id: string;
  current: boolean;
  created_at: string;
  last_active_at: string;
  device: { name: string; type: string; browser?: string; os?: string };
  location: { ip?: string; city?: string; country?: string };
}

function session(session_id: string, name: string, kind: string, minutes: number, current = false): FakeSession {
  return {
    session_id,
    current,
    created_at: "2026-01-31T08:00:00Z",
    last_active_at: new Date(Date.now() - minutes * 60_000).toISOString(),
    device: { name, type: `DEVICE_TYPE_${kind}` },
    location: { city: "São Paulo", country: "BR", ip: "203.0.113.7" },
  };
}

/** Returns the sessions of a user with three devices. */
export function threeSessions(): FakeSession[] {
  return [
    session("laptop", "Firefox on Linux", "DESKTOP", 0, true),
    session("phone", "iPhone", "MOBILE", 5),
    session("tablet", "iPad", "TABLET", 300),
  ];
}

/** A site with the pages of examples, and the requests about sessions as the service responds to them. */
export class Site {
  sessions = threeSessions();
  /** The requests that arrived, such as `DELETE /api/v1/users/sessions/phone`. */
  readonly requests: string[] = [];
  /** The response to every request about sessions, instead of the right one. */
  failure: { status: number; headers?: Record<string, string> } | undefined;
  /** The address of a real service, to which requests about sessions are passed on. */
  upstream: string | undefined;
  /** Holds responses back until it is resolved. */
  gate: Promise<void> = Promise.resolve();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Site> {
    const server = createServer((request, response) => {
      site.#serve(request, response).catch(() => response.destroy());
    });
    const site = new Site(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return site;
  }

  get address(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.address);
    if (url.pathname.startsWith("/api/") && this.upstream !== undefined) {
      await this.#passOn(request, response, this.upstream);
      return;
    }
    if (url.pathname.startsWith("/api/")) {
      await this.#serveApi(request.method ?? "GET", url.pathname, response);
      return;
    }
    const type = TYPES[extname(url.pathname)];
    if (type === undefined) {
      response.writeHead(url.pathname === "/favicon.ico" ? 204 : 404).end();
      return;
    }
    response.writeHead(200, { "content-type": `${type}; charset=utf-8`, "content-security-policy": POLICY });
    response.end(readFileSync(join(root, "build", url.pathname)));
  }

  async #passOn(request: IncomingMessage, response: ServerResponse, upstream: string): Promise<void> {
    const { method = "GET", url = "/" } = request;
    this.requests.push(`${method} ${url}`);
    const headers = Object.fromEntries(
      ["accept", "cookie", "origin", "sec-fetch-site", "user-agent"].flatMap((name) => {
        const value = request.headers[name];
        return typeof value === "string" ? [[name, value]] : [];
      }),
    );
    const answer = await fetch(upstream + url, { method, headers });
    const authenticate = answer.headers.get("www-authenticate");
    response.writeHead(answer.status, {
      "content-type": answer.headers.get("content-type") ?? "",
      ...(authenticate === null ? {} : { "www-authenticate": authenticate }),
    });
    response.end(await answer.text());
  }

  async #serveApi(method: string, path: string, response: ServerResponse): Promise<void> {
    this.requests.push(`${method} ${path}`);
    await this.gate;
    if (this.failure !== undefined) {
      response.writeHead(this.failure.status, this.failure.headers).end("{}");
      return;
    }
    const id = path.slice("/api/v1/users/sessions/".length);
    let body: unknown = { sessions: this.sessions };
    if (method !== "GET") {
      const ends = (session: FakeSession): boolean =>
        method === "POST" ? !session.current : session.session_id === id;
      body = { session_ids: this.sessions.filter(ends).map(({ session_id }) => session_id) };
      this.sessions = this.sessions.filter((session) => !ends(session));
    }
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(body));
  }
}

/** Starts the browser of the machine: `CHROMIUM`, or that of Debian. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox"], env: { ...process.env, LANG: "C.UTF-8" } });
}

/** A page, and what went wrong in it. */
export interface OpenPage {
  page: Page;
  /** Violations of the policy, errors and warnings of the console. */
  problems: string[];
}

/** Opens a page in a browser of its own. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    // The browser itself reports responses that are failures.
    if (["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource")) {
      problems.push(message.text());
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin)) {
      problems.push(`a request to ${request.url()}`);
    }
  });
  await page.goto(url);
  return { page, problems };
}
