import type { UserSession } from "./session.js";
import { fill, type Texts } from "./texts.js";

const MINUTE = 60;
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", MINUTE],
];

/** Returns the name of the device, such as `iPhone` or `Firefox 130, Linux`. */
export function deviceName(session: UserSession, texts: Texts): string {
  const { name, browser, os } = session.device ?? {};
  return name || [browser, os].filter(Boolean).join(", ") || texts.unknownDevice;
}

/** Returns the place, such as `São Paulo, Brazil`, or the address if the place is unknown. */
export function placeName(session: UserSession, texts: Texts, language: string): string {
  const { city, country, ip } = session.location ?? {};
  return [city, country && countryName(country, language)].filter(Boolean).join(", ") || ip || texts.unknownPlace;
}

function countryName(country: string, language: string): string {
  try {
    return new Intl.DisplayNames(language, { type: "region" }).of(country) ?? country;
  } catch {
    return country;
  }
}

/** Returns when the session was last active, such as `Active 5 minutes ago`. Empty if that is unknown. */
export function activity(session: UserSession, texts: Texts, language: string, now: number): string {
  const at = Date.parse(session.last_active_at ?? "");
  if (Number.isNaN(at)) {
    return "";
  }
  const seconds = Math.max(0, (now - at) / 1000);
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? ["minute", MINUTE];
  if (seconds < MINUTE) {
    return texts.activeNow;
  }
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  return fill(texts.active, { time: format.format(-Math.floor(seconds / length), unit) });
}

/** Returns the time of the sign-in. Empty if that is unknown. */
export function signIn(session: UserSession, texts: Texts, language: string): string {
  const at = Date.parse(session.created_at ?? "");
  if (Number.isNaN(at)) {
    return "";
  }
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(at);
  return fill(texts.signedIn, { date });
}
