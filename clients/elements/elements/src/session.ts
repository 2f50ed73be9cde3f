/** A session, as the server returns it. Times are text in RFC 3339. */
export interface UserSession {
  /** Public ID of the session. It gives no access. */
  readonly session_id: string;
  /** Whether it is the session of this browser. */
  readonly current?: boolean;
  /** Time of the sign-in. */
  readonly created_at?: string;
  /** Time of the last activity. */
  readonly last_active_at?: string;
  /** The device that signed in. */
  readonly device?: SessionDevice;
  /** The place of the sign-in. */
  readonly location?: SessionLocation;
}

/** The device of a session. */
export interface SessionDevice {
  /** Name, such as `iPhone`. Empty if unknown. */
  readonly name?: string;
  /** `DEVICE_TYPE_MOBILE`, `DEVICE_TYPE_TABLET`, `DEVICE_TYPE_DESKTOP` or another kind. */
  readonly type?: string;
  /** Browser, such as `Firefox 130`. Empty if unknown. */
  readonly browser?: string;
  /** Operating system, such as `iOS 19`. Empty if unknown. */
  readonly os?: string;
}

/** The place of a session. */
export interface SessionLocation {
  /** IP address. */
  readonly ip?: string;
  /** City. Empty if unknown. */
  readonly city?: string;
  /** Country as two letters of ISO 3166. Empty if unknown. */
  readonly country?: string;
}
