import { create } from "./dom.js";
import { define } from "./element.js";
import { RequestingElement } from "./requesting-element.js";
import { fill } from "./texts.js";

/**
 * `<revoke-session-button session-id="…" device="iPhone">`: a button that ends a session. Sends `session-revoked`.
 */
export class RevokeSessionButton extends RequestingElement {
  /** The attributes that change what is shown. */
  static readonly observedAttributes = ["session-id", "device", "lang"];

  #isBusy = false;
  #problem = "";
  readonly #button = create("button", { type: "button", class: "danger", part: "button" });
  readonly #message = create("div", { role: "alert", part: "problem" });

  constructor() {
    super();
    this.#button.addEventListener("click", () => void this.revoke());
    this.root.append(this.#button, this.#message);
  }

  /** The ID of the session: the attribute `session-id`. */
  get sessionId(): string {
    return this.getAttribute("session-id") ?? "";
  }

  set sessionId(value: string) {
    this.setAttribute("session-id", value);
  }

  /** The name of the device, for screen readers: the attribute `device`. */
  get device(): string {
    return this.getAttribute("device") ?? "";
  }

  set device(value: string) {
    this.setAttribute("device", value);
  }

  /** Puts the focus on the button. */
  override focus(options?: FocusOptions): void {
    this.#button.focus(options);
  }

  /** Ends the session, as a click does. */
  async revoke(): Promise<void> {
    if (this.#isBusy || this.sessionId === "") {
      return;
    }
    this.#show(true, "");
    try {
      await this.api.revoke(this.sessionId);
      this.#show(false, "");
      this.send("session-revoked", { sessionId: this.sessionId, device: this.device });
    } catch (error) {
      this.#show(false, this.report(error));
    }
  }

  protected override render(): void {
    const { revoke, revokeDevice, revoking } = this.texts;
    this.#button.textContent = this.#isBusy ? revoking : revoke;
    // It stays focusable while busy, so that the focus does not get lost.
    this.#button.toggleAttribute("aria-disabled", this.#isBusy);
    if (this.#isBusy) {
      this.#button.setAttribute("aria-disabled", "true");
    }
    if (this.device === "" || this.#isBusy) {
      this.#button.removeAttribute("aria-label");
    } else {
      this.#button.setAttribute("aria-label", fill(revokeDevice, { device: this.device }));
    }
    this.#message.textContent = this.#problem;
    this.#message.className = this.#problem === "" ? "" : "problem";
  }

  #show(isBusy: boolean, problem: string): void {
    this.#isBusy = isBusy;
    this.#problem = problem;
    this.update();
  }
}

define("revoke-session-button", RevokeSessionButton);
