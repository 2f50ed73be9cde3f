import type { MessageShape } from "@bufbuild/protobuf";
import { enumName, readTimestamp, toPlain } from "./convert.js";
import {
  DeviceTypeSchema,
  LastSeenClientSchema,
  type DeviceSchema,
  type LocationSchema,
  type SessionSchema,
} from "./gen/session/v1/session_pb.js";
import type { Device, Location, Session } from "./gen/types.js";

/** Every field of a plain object, so that none is forgotten. */
type AllFields<T> = { [Field in keyof Required<T>]: T[Field] | undefined };

/**
 * Returns the same as `toPlain`, several times faster: every validation reads a session.
 */
export function readSession(message: MessageShape<typeof SessionSchema>): Session {
  const { createdAt, authenticatedAt, lastActiveAt, idleExpiresAt, expiresAt, device, location, lastSeen } = message;
  const session: AllFields<Session> = {
    sessionId: message.sessionId,
    tenantId: message.tenantId,
    userId: message.userId,
    email: message.email,
    roles: message.roles,
    data: message.data,
    device: device && readDevice(device),
    location: location && readLocation(location),
    createdAt: createdAt && readTimestamp(createdAt),
    authenticatedAt: authenticatedAt && readTimestamp(authenticatedAt),
    lastActiveAt: lastActiveAt && readTimestamp(lastActiveAt),
    idleExpiresAt: idleExpiresAt && readTimestamp(idleExpiresAt),
    expiresAt: expiresAt && readTimestamp(expiresAt),
    assuranceLevel: message.assuranceLevel,
    revision: Number(message.revision),
    authMethods: message.authMethods,
    policy: message.policy,
    remembered: message.remembered,
    current: message.current,
    lastSeen: lastSeen && toPlain(LastSeenClientSchema, lastSeen),
  };
  return session as Session;
}

function readDevice(message: MessageShape<typeof DeviceSchema>): Device {
  const device: AllFields<Device> = {
    deviceId: message.deviceId,
    name: message.name,
    type: enumName(DeviceTypeSchema, message.type) as Device["type"],
    browser: message.browser,
    os: message.os,
    userAgent: message.userAgent,
    firstSeen: message.firstSeen,
  };
  return device as Device;
}

function readLocation(message: MessageShape<typeof LocationSchema>): Location {
  const location: AllFields<Location> = {
    ip: message.ip,
    country: message.country,
    region: message.region,
    city: message.city,
    latitude: message.latitude,
    longitude: message.longitude,
    accuracyRadiusKm: message.accuracyRadiusKm,
    asn: message.asn,
    network: message.network,
  };
  return location as Location;
}
