import { SessionElement } from "./element.js";
import { SessionApi, SessionApiError, type FailureKind, type Fetcher } from "./session-api.js";

const browserFetch: Fetcher = (url, init) => fetch(url, init);

/** An element that sends requests. */
export abstract class RequestingElement extends SessionElement {
  #fetcher: Fetcher | undefined;

  /** Where the service is, such as `https://id.example.com`: the attribute `base-url`. By default that of the page. */
  get baseUrl(): string {
    return this.getAttribute("base-url") ?? "";
  }

  set baseUrl(value: string) {
    this.setAttribute("base-url", value);
  }

  /** The function that sends requests. By default `fetch`, with the cookies of the service. */
  get fetcher(): Fetcher {
    return this.#fetcher ?? browserFetch;
  }

  set fetcher(value: Fetcher | undefined) {
    if (value !== this.fetcher) {
      this.#fetcher = value;
      this.sourceChanged();
    }
  }

  /** Called by the browser when an observed attribute changes. */
  override attributeChangedCallback(name?: string): void {
    if (name === "base-url") {
      this.sourceChanged();
    }
    super.attributeChangedCallback();
  }

  /** Called when requests go to another place than before. */
  protected sourceChanged(): void {
    this.update();
  }

  /** The requests. */
  protected get api(): SessionApi {
    return new SessionApi(this.baseUrl, this.fetcher);
  }

  /**
   * Reports a failure by the event `session-error`, and returns the text for the user. Returns an empty text if the
   * page handles the failure itself and has prevented the default of the event.
   */
  protected report(error: unknown): string {
    const kind: FailureKind = error instanceof SessionApiError ? error.kind : "failed";
    if (!this.send("session-error", { kind, error }, true)) {
      return "";
    }
    const { signedOut, stepUp, unavailable, failed } = this.texts;
    return { "signed-out": signedOut, "step-up": stepUp, unavailable, failed }[kind];
  }
}
