import { create, deviceIcon } from "./dom.js";
import { define } from "./element.js";
import { RequestingElement } from "./requesting-element.js";
import { RevokeSessionButton } from "./revoke-session-button.js";
import type { UserSession } from "./session.js";
import { activity, deviceName, placeName, signIn } from "./wording.js";

/** `<session-card>`: one session with device, place, last activity, and a button that ends it unless it is this one. */
export class SessionCard extends RequestingElement {
  /** The attributes that change what is shown. */
  static readonly observedAttributes = ["base-url", "read-only", "lang"];

  #session: UserSession | undefined;

  /** The session that is shown. Nothing is shown without one. */
  get session(): UserSession | undefined {
    return this.#session;
  }

  set session(value: UserSession | undefined) {
    this.#session = value;
    this.update();
  }

  /** Whether there is no button: the attribute `read-only`. */
  get readOnly(): boolean {
    return this.hasAttribute("read-only");
  }

  set readOnly(value: boolean) {
    this.toggleAttribute("read-only", value);
  }

  /** Puts the focus on the button, if there is one. */
  override focus(options?: FocusOptions): void {
    this.root.querySelector<RevokeSessionButton>("revoke-session-button")?.focus(options);
  }

  protected override render(): void {
    const session = this.#session;
    if (session === undefined) {
      this.root.replaceChildren();
      return;
    }
    const { texts, language } = this;
    // What the service or the client states may contain characters that change the direction of text.
    const name = create("div", { class: "name", part: "name" }, create("bdi", {}, deviceName(session, texts)));
    if (session.current === true) {
      name.append(create("span", { class: "badge", part: "badge" }, texts.current));
    }
    const place = create("div", { part: "place" }, create("bdi", {}, placeName(session, texts, language)));
    const active = activity(session, texts, language, Date.now());
    if (active !== "") {
      place.append(` · ${active}`);
    }
    const since = create("div", { class: "muted", part: "since" }, signIn(session, texts, language));
    const details = create("div", { class: "details" }, name, place, since);
    const card = create("div", { class: "card", part: "card" }, deviceIcon(session.device?.type ?? ""), details);
    if (session.current !== true && !this.readOnly) {
      card.append(this.#button(session));
    }
    this.root.replaceChildren(card);
  }

  #button(session: UserSession): RevokeSessionButton {
    const button = new RevokeSessionButton();
    button.sessionId = session.session_id;
    button.device = deviceName(session, this.texts);
    button.baseUrl = this.baseUrl;
    button.fetcher = this.fetcher;
    button.setAttribute("exportparts", "button, problem");
    return button;
  }
}

define("session-card", SessionCard);
