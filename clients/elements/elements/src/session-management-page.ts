import { create } from "./dom.js";
import { define } from "./element.js";
import { RequestingElement } from "./requesting-element.js";
import { SessionList } from "./session-list.js";
import { fill } from "./texts.js";

/**
 * `<session-management-page base-url="…">`: heading, explanation, the list of sessions, and a button that ends all
 * sessions but this one. Sends `sessions-revoked`.
 */
export class SessionManagementPage extends RequestingElement {
  /** The attributes that change what is shown. */
  static readonly observedAttributes = ["base-url", "lang"];

  readonly #heading = create("h2", { part: "heading", id: "heading" });
  readonly #explanation = create("p", { part: "explanation" });
  readonly #list = new SessionList();
  readonly #others = create("button", { type: "button", class: "danger all", part: "button" });
  readonly #none = create("p", { class: "muted", part: "none" });
  readonly #problem = create("div", { role: "alert", part: "problem" });
  readonly #dialog = create("dialog", { part: "dialog", "aria-labelledby": "question" });
  readonly #question = create("p", { id: "question" });
  readonly #cancel = create("button", { type: "button", part: "button" });
  readonly #confirm = create("button", { type: "button", class: "danger", part: "button" });
  #isBusy = false;

  constructor() {
    super();
    const actions = create("div", { class: "actions" }, this.#cancel, this.#confirm);
    this.#dialog.append(this.#question, actions);
    this.#others.hidden = this.#none.hidden = true;
    this.#list.setAttribute("exportparts", "list, status, card, name, badge, place, since, icon, button, problem");
    this.#others.addEventListener("click", () => {
      this.#dialog.showModal();
    });
    this.#cancel.addEventListener("click", () => {
      this.#dialog.close();
    });
    this.#confirm.addEventListener("click", () => {
      this.#dialog.close();
      void this.revokeOthers();
    });
    for (const event of ["sessions-loaded", "session-revoked"]) {
      this.#list.addEventListener(event, () => {
        this.update();
      });
    }
    const section = create("section", { "aria-labelledby": "heading", part: "page" });
    section.append(this.#heading, this.#explanation, this.#list, this.#problem, this.#none, this.#others, this.#dialog);
    this.root.append(section);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.render();
  }

  /** Loads the sessions again. */
  async reload(): Promise<void> {
    await this.#list.reload();
  }

  /** Ends all sessions of the user but this one, as the button does after the user has confirmed it. */
  async revokeOthers(): Promise<void> {
    if (this.#isBusy) {
      return;
    }
    this.#isBusy = true;
    this.#show("");
    this.render();
    try {
      const count = await this.api.revokeOthers();
      await this.#list.reload();
      this.#list.announce(fill(this.texts.revokedOthers, { count: String(count) }));
      this.send("sessions-revoked", { count });
    } catch (error) {
      this.#show(this.report(error));
    } finally {
      this.#isBusy = false;
      this.render();
    }
  }

  protected override render(): void {
    const { texts } = this;
    this.#heading.textContent = texts.heading;
    this.#explanation.textContent = texts.explanation;
    this.#others.textContent = this.#isBusy ? texts.revoking : texts.revokeOthers;
    this.#question.textContent = texts.confirmOthers;
    this.#cancel.textContent = texts.cancel;
    this.#confirm.textContent = texts.confirm;
    this.#none.textContent = texts.noOthers;
    if (this.#list.baseUrl !== this.baseUrl) {
      this.#list.baseUrl = this.baseUrl;
    }
    this.#list.fetcher = this.fetcher;
    const { sessions } = this.#list;
    const others = sessions?.filter(({ current }) => current !== true).length ?? 0;
    const hadFocus = this.root.activeElement === this.#others;
    this.#others.hidden = others === 0;
    this.#none.hidden = sessions === undefined || others > 0;
    if (hadFocus && this.#others.hidden) {
      this.#list.focus();
    }
  }

  #show(problem: string): void {
    this.#problem.textContent = problem;
    this.#problem.className = problem === "" ? "" : "problem";
  }
}

define("session-management-page", SessionManagementPage);
