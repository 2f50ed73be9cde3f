import { create } from "./dom.js";
import { define } from "./element.js";
import { RequestingElement } from "./requesting-element.js";
import type { UserSession } from "./session.js";
import { SessionCard } from "./session-card.js";
import { fill } from "./texts.js";

/**
 * `<session-list base-url="…">`: the sessions of the signed-in user. Loads them, and takes away those that are ended.
 * Sends `sessions-loaded`.
 */
export class SessionList extends RequestingElement {
  /** The attributes that change what is shown. */
  static readonly observedAttributes = ["base-url", "read-only", "lang"];

  #sessions: readonly UserSession[] | undefined;
  #isGiven = false;
  #isLoadDue = false;
  #loads = 0;
  readonly #status = create("p", { role: "status", class: "status muted", part: "status" });
  readonly #problem = create("div", { role: "alert", part: "problem" });
  readonly #list = create("ul", { part: "list", role: "list", tabindex: "-1" });

  constructor() {
    super();
    this.root.append(this.#problem, this.#list, this.#status);
    this.addEventListener("session-revoked", (event) => {
      this.#remove((event as CustomEvent<{ sessionId: string; device: string }>).detail);
    });
  }

  /** The sessions that are shown. Undefined until they are loaded. */
  get sessions(): readonly UserSession[] | undefined {
    return this.#sessions;
  }

  /** Shows these sessions, without loading any. */
  set sessions(value: readonly UserSession[] | undefined) {
    this.#loads += 1;
    this.#isGiven = value !== undefined;
    this.#sessions = value;
    this.update();
    this.sourceChanged();
  }

  /** Whether sessions cannot be ended: the attribute `read-only`. */
  get readOnly(): boolean {
    return this.hasAttribute("read-only");
  }

  set readOnly(value: boolean) {
    this.toggleAttribute("read-only", value);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sourceChanged();
  }

  /** Puts the focus on the button of the first session that can be ended, or on the list. */
  override focus(options?: FocusOptions): void {
    (this.#cards().find((card) => card.session?.current !== true) ?? this.#list).focus(options);
  }

  /** Loads the sessions again. */
  async reload(): Promise<void> {
    const load = ++this.#loads;
    this.#showProblem("");
    if (this.#sessions === undefined) {
      this.announce(this.texts.loading);
    }
    try {
      const sessions = await this.api.list();
      if (load !== this.#loads) {
        return;
      }
      this.#sessions = sessions;
      this.announce("");
      this.update();
      this.send("sessions-loaded", { sessions });
    } catch (error) {
      if (load === this.#loads) {
        this.announce("");
        this.#showProblem(this.report(error));
      }
    }
  }

  /** Shows a message below the list, which screen readers read out. */
  announce(message: string): void {
    this.#status.textContent = message;
  }

  /** Loads the sessions, unless they are given. */
  protected override sourceChanged(): void {
    if (this.#isLoadDue) {
      return;
    }
    this.#isLoadDue = true;
    // A page that creates the element has this task to set its properties.
    queueMicrotask(() => {
      this.#isLoadDue = false;
      if (this.isConnected && !this.#isGiven) {
        void this.reload();
      }
    });
  }

  protected override render(): void {
    this.#list.setAttribute("aria-label", this.texts.list);
    this.#list.hidden = this.#sessions === undefined || this.#sessions.length === 0;
    this.#list.replaceChildren(...(this.#sessions ?? []).map((session) => this.#item(session)));
  }

  #cards(): SessionCard[] {
    return [...this.#list.querySelectorAll<SessionCard>("session-card")];
  }

  #item(session: UserSession): HTMLLIElement {
    const card = new SessionCard();
    card.session = session;
    card.readOnly = this.readOnly;
    card.baseUrl = this.baseUrl;
    card.fetcher = this.fetcher;
    card.setAttribute("exportparts", "card, name, badge, place, since, icon, button, problem");
    return create("li", {}, card);
  }

  /** Takes a session away, and keeps the focus where the user was. */
  #remove({ sessionId, device }: { readonly sessionId: string; readonly device: string }): void {
    const index = this.#sessions?.findIndex((session) => session.session_id === sessionId) ?? -1;
    if (this.#sessions === undefined || index < 0) {
      return;
    }
    this.#sessions = this.#sessions.filter((_, at) => at !== index);
    this.#list.children[index]?.remove();
    this.announce(fill(this.texts.revoked, { device }));
    const cards = this.#cards();
    const next = [...cards.slice(index), ...cards.slice(0, index).reverse()].find(
      (card) => card.session?.current !== true,
    );
    (next ?? this.#list).focus();
  }

  #showProblem(message: string): void {
    if (message === "") {
      this.#problem.replaceChildren();
      this.#problem.className = "";
      return;
    }
    const retry = create("button", { type: "button", part: "button" }, this.texts.retry);
    retry.addEventListener("click", () => void this.reload());
    this.#problem.className = "problem";
    this.#problem.replaceChildren(create("p", {}, message), retry);
  }
}

define("session-list", SessionList);
