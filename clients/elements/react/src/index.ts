/**
 * React components with which users see where they are signed in, and sign out other devices: typed wrappers of the
 * custom elements of `@session-authority/elements`. React 19 sets their properties and events.
 *
 * @packageDocumentation
 */

import "@session-authority/elements";
import type {
  Fetcher,
  RevokeSessionButton as RevokeSessionButtonElement,
  SessionCard as SessionCardElement,
  SessionList as SessionListElement,
  SessionManagementPage as SessionManagementPageElement,
  UserSession,
} from "@session-authority/elements";
import { createElement, type ReactElement, type Ref } from "react";

export { addTexts, english, german, SessionApiError } from "@session-authority/elements";
export type {
  FailureKind,
  Fetcher,
  SessionDevice,
  SessionLocation,
  Texts,
  UserSession,
} from "@session-authority/elements";

/** What every component takes. */
export interface RequestProps<Element> {
  /** Where the service is, such as `https://id.example.com`. By default that of the page. */
  readonly baseUrl?: string;
  /** The function that sends requests. By default `fetch`, with the cookies of the service. */
  readonly fetcher?: Fetcher;
  /** Language of the texts, such as `de`. By default that of the page. */
  readonly lang?: string;
  /** Class of the element. */
  readonly className?: string;
  /** The element itself, for its methods. */
  readonly ref?: Ref<Element>;
  /** A request had no success. `preventDefault` leaves the message to the application. */
  readonly onError?: (event: HTMLElementEventMap["session-error"]) => void;
}

/** Props of {@link RevokeSessionButton}. */
export interface RevokeSessionButtonProps extends RequestProps<RevokeSessionButtonElement> {
  /** ID of the session that the button ends. */
  readonly sessionId: string;
  /** Name of the device, for screen readers. */
  readonly device?: string;
  /** The session was ended. */
  readonly onRevoked?: (event: HTMLElementEventMap["session-revoked"]) => void;
}

/** A button that ends a session. */
export function RevokeSessionButton(props: RevokeSessionButtonProps): ReactElement {
  return wrap("revoke-session-button", props);
}

/** Props of {@link SessionCard}. */
export interface SessionCardProps extends RequestProps<SessionCardElement> {
  /** The session that is shown. */
  readonly session: UserSession;
  /** Whether there is no button. */
  readonly readOnly?: boolean;
  /** The session was ended by the button. */
  readonly onRevoked?: (event: HTMLElementEventMap["session-revoked"]) => void;
}

/** One session, with a button that ends it unless it is that of this browser. */
export function SessionCard(props: SessionCardProps): ReactElement {
  return wrap("session-card", props);
}

/** Props of {@link SessionList}. */
export interface SessionListProps extends RequestProps<SessionListElement> {
  /** The sessions that are shown. Loaded by the component if they are not given. */
  readonly sessions?: readonly UserSession[];
  /** Whether sessions cannot be ended. */
  readonly readOnly?: boolean;
  /** A session was ended. */
  readonly onRevoked?: (event: HTMLElementEventMap["session-revoked"]) => void;
  /** The sessions were loaded. */
  readonly onLoaded?: (event: HTMLElementEventMap["sessions-loaded"]) => void;
}

/** The sessions of the signed-in user. */
export function SessionList(props: SessionListProps): ReactElement {
  return wrap("session-list", props);
}

/** Props of {@link SessionManagementPage}. */
export interface SessionManagementPageProps extends RequestProps<SessionManagementPageElement> {
  /** A session was ended. */
  readonly onRevoked?: (event: HTMLElementEventMap["session-revoked"]) => void;
  /** All sessions but that of this browser were ended. */
  readonly onOthersRevoked?: (event: HTMLElementEventMap["sessions-revoked"]) => void;
  /** The sessions were loaded. */
  readonly onLoaded?: (event: HTMLElementEventMap["sessions-loaded"]) => void;
}

/** Heading, explanation, the list of sessions, and a button that ends all but that of this browser. */
export function SessionManagementPage(props: SessionManagementPageProps): ReactElement {
  return wrap("session-management-page", props);
}

// React listens on custom elements to the event whose name follows `on`.
const EVENTS: Readonly<Record<string, string>> = {
  onError: "onsession-error",
  onLoaded: "onsessions-loaded",
  onRevoked: "onsession-revoked",
  onOthersRevoked: "onsessions-revoked",
};

function wrap(name: string, props: object): ReactElement {
  const entries = Object.entries(props).map(([key, value]) => [EVENTS[key] ?? key, value as unknown]);
  return createElement(name, Object.fromEntries(entries));
}
