import type { CallOptions, Connection } from "./connection.js";
import type {
  AddWebhookRequest,
  AddWebhookResponse,
  EnableWebhookRequest,
  EnableWebhookResponse,
  ListDeadLettersRequest,
  ListDeadLettersResponse,
  ListWebhooksResponse,
  RemoveWebhookRequest,
  RemoveWebhookResponse,
  ReplayWebhookRequest,
  ReplayWebhookResponse,
  TestWebhookRequest,
  TestWebhookResponse,
  UpdateWebhookRequest,
  UpdateWebhookResponse,
} from "./gen/types.js";
import { methods } from "./methods.js";

/** The methods of WebhookService, for callers with role `admin`. Reach it as `SessionAuthority.webhooks`. */
export class WebhooksClient {
  readonly #connection: Connection;

  /** @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Returns all endpoints with their progress. */
  listWebhooks(call?: CallOptions): Promise<ListWebhooksResponse> {
    return this.#connection.callPlain(methods.listWebhooks, {}, call);
  }

  /** Adds an endpoint, and returns the secret that signs its messages. It is never sent twice. */
  addWebhook(request: AddWebhookRequest, call?: CallOptions): Promise<AddWebhookResponse> {
    return this.#connection.callPlain(methods.addWebhook, request, call);
  }

  /** Replaces the settings of an endpoint. It is never sent twice: each call may generate another secret. */
  updateWebhook(request: UpdateWebhookRequest, call?: CallOptions): Promise<UpdateWebhookResponse> {
    return this.#connection.callPlain(methods.updateWebhook, request, call);
  }

  /** Removes an endpoint. It is never sent twice: a repeat fails with NOT_FOUND. */
  removeWebhook(request: RemoveWebhookRequest, call?: CallOptions): Promise<RemoveWebhookResponse> {
    return this.#connection.callPlain(methods.removeWebhook, request, call);
  }

  /** Sends a test message to an endpoint, once. A delivery that fails is no error: see the response. */
  testWebhook(request: TestWebhookRequest, call?: CallOptions): Promise<TestWebhookResponse> {
    return this.#connection.callPlain(methods.testWebhook, request, call);
  }

  /** Ends the disablement or the pause of an endpoint. */
  enableWebhook(request: EnableWebhookRequest, call?: CallOptions): Promise<EnableWebhookResponse> {
    return this.#connection.callPlain(methods.enableWebhook, request, call);
  }

  /** Returns one page of messages that were given up. */
  listDeadLetters(request: ListDeadLettersRequest = {}, call?: CallOptions): Promise<ListDeadLettersResponse> {
    return this.#connection.callPlain(methods.listDeadLetters, request, call);
  }

  /** Sends messages of an endpoint again. It is never sent twice, so that the count is right. */
  replayWebhook(request: ReplayWebhookRequest, call?: CallOptions): Promise<ReplayWebhookResponse> {
    return this.#connection.callPlain(methods.replayWebhook, request, call);
  }
}
