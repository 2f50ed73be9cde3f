/**
 * Custom elements with which users see where they are signed in, and sign out other devices. Importing this module
 * defines them.
 *
 * @packageDocumentation
 */

export { SessionElement } from "./element.js";
export { RequestingElement } from "./requesting-element.js";
export { RevokeSessionButton } from "./revoke-session-button.js";
export type { SessionDevice, SessionLocation, UserSession } from "./session.js";
export { SessionApi, SessionApiError, type FailureKind, type Fetcher } from "./session-api.js";
export { SessionCard } from "./session-card.js";
export { SessionList } from "./session-list.js";
export { SessionManagementPage } from "./session-management-page.js";
export { addTexts, english, german, textsFor, type Texts } from "./texts.js";

import type { RevokeSessionButton } from "./revoke-session-button.js";
import type { SessionCard } from "./session-card.js";
import type { SessionList } from "./session-list.js";
import type { SessionManagementPage } from "./session-management-page.js";
import type { FailureKind } from "./session-api.js";
import type { UserSession } from "./session.js";

declare global {
  interface HTMLElementTagNameMap {
    "revoke-session-button": RevokeSessionButton;
    "session-card": SessionCard;
    "session-list": SessionList;
    "session-management-page": SessionManagementPage;
  }
  interface GlobalEventHandlersEventMap {
    /** A session was ended by its button. */
    "session-revoked": CustomEvent<{ readonly sessionId: string; readonly device: string }>;
    /** All sessions but this one were ended. */
    "sessions-revoked": CustomEvent<{ readonly count: number }>;
    /** The list was loaded. */
    "sessions-loaded": CustomEvent<{ readonly sessions: readonly UserSession[] }>;
    /** A request had no success. `preventDefault` leaves the message to the page. */
    "session-error": CustomEvent<{ readonly kind: FailureKind; readonly error: unknown }>;
  }
}
