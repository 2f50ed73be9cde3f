import { isIP } from "node:net";
import { ConfigurationError } from "./errors.js";

/** TLS settings, all in PEM. */
export interface TlsOptions {
  /** Certificate authorities to trust. The public ones if not given. */
  readonly ca?: string | Buffer | undefined;
  /** Certificate chain of this client, for mutual TLS. Requires `key`. */
  readonly certificate?: string | Buffer | undefined;
  /** Private key of `certificate`. */
  readonly key?: string | Buffer | undefined;
  /** Name in the server's certificate, if it differs from the host of `address`. */
  readonly serverName?: string | undefined;
}

/** Settings of the cache of verdicts. */
export interface VerdictCacheOptions {
  /** Maximum number of verdicts, at least 1. */
  readonly maxEntries: number;
  /** Maximum lifetime of a verdict in milliseconds. The server's `cache_ttl` limits it further. */
  readonly maxTtlMs: number;
}

/** Settings of a client. */
export interface ClientOptions {
  /** Host and port of the server, such as `authority.example.com:443`. */
  readonly address: string;
  /** API key of this caller (`sak_…`). Beyond loopback, an API key or a client certificate is required. */
  readonly apiKey?: string | undefined;
  /** Use TLS, with these settings or with `true` for the public authorities. Required beyond loopback. */
  readonly tls?: TlsOptions | boolean | undefined;
  /** Time limit of a validation, with all attempts, in milliseconds. 1000 by default. */
  readonly validateTimeoutMs?: number | undefined;
  /** Time limit of other calls, with all attempts, in milliseconds. 2000 by default. */
  readonly callTimeoutMs?: number | undefined;
  /** Time limit of administrative calls, which read the audit database, in milliseconds. 35000 by default. */
  readonly adminTimeoutMs?: number | undefined;
  /** Reuse verdicts for as long as the server allows. Off by default. */
  readonly verdictCache?: VerdictCacheOptions | undefined;
  /** Which addresses of a host name to use: the first that connects (the default), or all in turn. */
  readonly loadBalancing?: "pick_first" | "round_robin" | undefined;
}

/** Checked settings with their defaults. */
export interface Configuration {
  readonly address: string;
  readonly apiKey: string | undefined;
  readonly tls: TlsOptions | undefined;
  readonly validateTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly adminTimeoutMs: number;
  readonly verdictCache: VerdictCacheOptions | undefined;
  readonly loadBalancing: "pick_first" | "round_robin";
}

/** Returns the checked settings, or throws a ConfigurationError. */
export function checkOptions(options: ClientOptions): Configuration {
  const host = hostOf(options.address);
  const tls = options.tls === true ? {} : options.tls === false ? undefined : options.tls;
  if (options.apiKey !== undefined && !/^[\x21-\x7e]+$/.test(options.apiKey)) {
    throw new ConfigurationError("apiKey is empty or contains a character that no API key has, such as a line break");
  }
  if (tls !== undefined && (tls.certificate === undefined) !== (tls.key === undefined)) {
    throw new ConfigurationError("tls.certificate and tls.key must be given together");
  }
  if (!isLoopback(host)) {
    if (tls === undefined) {
      throw new ConfigurationError(
        `${host} is not on this machine: set tls, so that tokens do not cross the network in plain text`,
      );
    }
    if (options.apiKey === undefined && tls.certificate === undefined) {
      throw new ConfigurationError(`${host} is not on this machine: set apiKey, or tls.certificate and tls.key`);
    }
  }
  if (options.verdictCache !== undefined) {
    checkPositive("verdictCache.maxEntries", options.verdictCache.maxEntries);
    checkPositive("verdictCache.maxTtlMs", options.verdictCache.maxTtlMs);
  }
  return {
    address: options.address,
    apiKey: options.apiKey,
    tls,
    validateTimeoutMs: checkPositive("validateTimeoutMs", options.validateTimeoutMs ?? 1000),
    callTimeoutMs: checkPositive("callTimeoutMs", options.callTimeoutMs ?? 2000),
    adminTimeoutMs: checkPositive("adminTimeoutMs", options.adminTimeoutMs ?? 35_000),
    verdictCache: options.verdictCache,
    loadBalancing: options.loadBalancing ?? "pick_first",
  };
}

/** Returns the settings that the command-line client reads too: `SESSION_AUTHORITY_SERVER` (an address or an `http://`
 * or `https://` URL, `127.0.0.1:50051` by default) and `SESSION_AUTHORITY_API_KEY`. */
export function optionsFromEnvironment(environment: NodeJS.ProcessEnv): ClientOptions {
  const server = environment["SESSION_AUTHORITY_SERVER"] ?? "127.0.0.1:50051";
  const match = /^(?:(https?):\/\/)?([^/]+)\/?$/.exec(server);
  if (match?.[2] === undefined) {
    throw new ConfigurationError("SESSION_AUTHORITY_SERVER must be HOST:PORT, http://HOST:PORT or https://HOST:PORT");
  }
  const port = match[1] === "https" ? "443" : "80";
  const hasPort = /:\d+$/.test(match[2]) && !/^[^[]*:.*:/.test(match[2]);
  return {
    address: match[1] === undefined || hasPort ? match[2] : `${match[2]}:${port}`,
    tls: match[1] === "https",
    apiKey: environment["SESSION_AUTHORITY_API_KEY"],
  };
}

function hostOf(address: unknown): string {
  const match =
    typeof address === "string" ? /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(address) : null;
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || Number(match?.[3]) > 65_535) {
    throw new ConfigurationError("address must be HOST:PORT, such as authority.example.com:443 or [::1]:50051");
  }
  return host;
}

function isLoopback(host: string): boolean {
  return host.toLowerCase() === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function checkPositive(name: string, value: number): number {
  if (!Number.isFinite(value) || value <= 0) {
    throw new ConfigurationError(`${name} must be a number greater than 0`);
  }
  return value;
}
