import { styleSheet } from "./styles.js";
import { textsFor, type Texts } from "./texts.js";

// On a server there are no elements; importing this module there defines nothing.
const Base = globalThis.HTMLElement as typeof HTMLElement | undefined;

/** Base of the elements: a shadow root, and one rendering for all changes of a task. */
export abstract class SessionElement extends (Base ?? (Object as unknown as typeof HTMLElement)) {
  /** The shadow root. */
  protected readonly root: ShadowRoot;
  #isScheduled = false;

  constructor() {
    super();
    this.root = this.attachShadow({ mode: "open" });
    this.root.adoptedStyleSheets = [styleSheet()];
  }

  /** The language of the nearest `lang` attribute, or that of the browser. */
  get language(): string {
    return findLanguage(this) || navigator.language;
  }

  /** Called by the browser when the element is put into a document. */
  connectedCallback(): void {
    this.update();
  }

  /** Called by the browser when an observed attribute changes. */
  attributeChangedCallback(): void {
    this.update();
  }

  /** The texts in the language of the element. */
  protected get texts(): Texts {
    return textsFor(this.language);
  }

  /** Renders the element before the browser paints. */
  protected update(): void {
    if (this.#isScheduled || !this.isConnected) {
      return;
    }
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.isConnected) {
        this.render();
      }
    });
  }

  /** Sends an event to the page. Returns false if the page has prevented its default. */
  protected send(name: string, detail: unknown, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
  }

  /** Writes the content of the shadow root. */
  protected abstract render(): void;
}

/** Returns the nearest `lang` attribute, also beyond shadow roots, or an empty string. */
function findLanguage(node: Node | null): string {
  if (node === null) {
    return "";
  }
  const language = node instanceof Element ? node.getAttribute("lang") : "";
  return language || findLanguage(node instanceof ShadowRoot ? node.host : node.parentNode);
}

/** Defines an element, unless the page has defined one of this name. */
export function define(name: string, element: CustomElementConstructor): void {
  if (Base !== undefined && customElements.get(name) === undefined) {
    customElements.define(name, element);
  }
}
