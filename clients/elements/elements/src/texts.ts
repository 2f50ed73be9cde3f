/** The texts of the elements in one language. `{name}` is replaced. */
export interface Texts {
  /** Heading of the page. */
  readonly heading: string;
  /** Explanation below the heading. */
  readonly explanation: string;
  /** Name of the list, for screen readers. */
  readonly list: string;
  /** While the list is loaded. */
  readonly loading: string;
  /** Mark of the session of this browser. */
  readonly current: string;
  /** A device of which nothing is known. */
  readonly unknownDevice: string;
  /** A place of which nothing is known. */
  readonly unknownPlace: string;
  /** `{time}` since the last activity. */
  readonly active: string;
  /** An activity within the last minute. */
  readonly activeNow: string;
  /** `{date}` of the sign-in. */
  readonly signedIn: string;
  /** The button that ends a session. */
  readonly revoke: string;
  /** The same for screen readers, with `{device}`. */
  readonly revokeDevice: string;
  /** While a session is being ended. */
  readonly revoking: string;
  /** After a session was ended, with `{device}`. */
  readonly revoked: string;
  /** The button that ends all other sessions. */
  readonly revokeOthers: string;
  /** Question before that. */
  readonly confirmOthers: string;
  /** The button that confirms it. */
  readonly confirm: string;
  /** The button that does not. */
  readonly cancel: string;
  /** After that, with `{count}`. */
  readonly revokedOthers: string;
  /** There is no other session. */
  readonly noOthers: string;
  /** The button that tries again. */
  readonly retry: string;
  /** The user is signed out. */
  readonly signedOut: string;
  /** The user must authenticate again. */
  readonly stepUp: string;
  /** The service cannot be reached. */
  readonly unavailable: string;
  /** Any other failure. */
  readonly failed: string;
}

/** English. */
export const english: Texts = {
  heading: "Where you are signed in",
  explanation: "Sign out the devices that you do not recognise, and then change your password.",
  list: "Your sessions",
  loading: "Loading your sessions …",
  current: "This device",
  unknownDevice: "Unknown device",
  unknownPlace: "Unknown place",
  active: "Active {time}",
  activeNow: "Active now",
  signedIn: "Signed in on {date}",
  revoke: "Sign out",
  revokeDevice: "Sign out {device}",
  revoking: "Signing out …",
  revoked: "{device} was signed out.",
  revokeOthers: "Sign out all other devices",
  confirmOthers: "Sign out all devices but this one?",
  confirm: "Sign out",
  cancel: "Cancel",
  revokedOthers: "Other devices that were signed out: {count}.",
  noOthers: "You are signed in on this device only.",
  retry: "Try again",
  signedOut: "You are signed out. Please sign in again.",
  stepUp: "Please confirm who you are, and then try again.",
  unavailable: "The service cannot be reached. Please try again in a moment.",
  failed: "Something went wrong. Please try again.",
};

/** German. */
export const german: Texts = {
  heading: "Wo Sie angemeldet sind",
  explanation: "Melden Sie Geräte ab, die Sie nicht kennen, und ändern Sie danach Ihr Passwort.",
  list: "Ihre Sitzungen",
  loading: "Ihre Sitzungen werden geladen …",
  current: "Dieses Gerät",
  unknownDevice: "Unbekanntes Gerät",
  unknownPlace: "Unbekannter Ort",
  active: "Aktiv {time}",
  activeNow: "Gerade aktiv",
  signedIn: "Angemeldet am {date}",
  revoke: "Abmelden",
  revokeDevice: "{device} abmelden",
  revoking: "Wird abgemeldet …",
  revoked: "{device} wurde abgemeldet.",
  revokeOthers: "Alle anderen Geräte abmelden",
  confirmOthers: "Alle Geräte außer diesem abmelden?",
  confirm: "Abmelden",
  cancel: "Abbrechen",
  revokedOthers: "Andere Geräte, die abgemeldet wurden: {count}.",
  noOthers: "Sie sind nur auf diesem Gerät angemeldet.",
  retry: "Noch einmal versuchen",
  signedOut: "Sie sind abgemeldet. Bitte melden Sie sich wieder an.",
  stepUp: "Bitte bestätigen Sie, wer Sie sind, und versuchen Sie es dann noch einmal.",
  unavailable: "Der Dienst ist nicht erreichbar. Bitte versuchen Sie es gleich noch einmal.",
  failed: "Etwas ist schiefgegangen. Bitte versuchen Sie es noch einmal.",
};

const catalogue = new Map<string, Texts>([
  ["en", english],
  ["de", german],
]);

/** Adds a language, or replaces its texts. Elements that are shown later use them. */
export function addTexts(language: string, texts: Texts): void {
  catalogue.set(language.toLowerCase(), texts);
}

/** Returns the texts for a language tag such as `de-CH`: of the tag, of its language, or English. */
export function textsFor(language: string): Texts {
  const tag = language.toLowerCase();
  return catalogue.get(tag) ?? catalogue.get(tag.split("-")[0] ?? "") ?? english;
}

/** Returns a text with its values. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
