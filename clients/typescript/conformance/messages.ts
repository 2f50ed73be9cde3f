// Conversion between proto3 JSON, which the conformance runner speaks, and the plain objects of the library. It does not
// use the library's own conversion, so that a fault there shows.
import {
  fromJson,
  isFieldSet,
  toJson,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
} from "@bufbuild/protobuf";
import {
  DurationSchema,
  durationFromMs,
  durationMs,
  timestampDate,
  type Duration,
  type Timestamp,
} from "@bufbuild/protobuf/wkt";
import { SessionToken } from "@session-authority/client";

type Fields = Record<string, unknown>;

/** Returns the plain object of a request in proto3 JSON. */
export function readRequest(schema: DescMessage, json: JsonValue): Fields {
  return fromMessage(schema, fromJson(schema, json));
}

/** Returns the proto3 JSON of a plain object that the library returned, with tokens revealed. */
export function writeResponse(schema: DescMessage, plain: object): JsonObject {
  const json: JsonObject = {};
  for (const field of schema.fields) {
    const value = (plain as Fields)[nameOf(field)];
    if (value !== undefined) {
      json[field.jsonName] = Array.isArray(value)
        ? value.map((item) => writeValue(field, item))
        : writeValue(field, value);
    }
  }
  return json;
}

/** Returns a number of milliseconds as the JSON of a Duration. */
export function writeDuration(ms: number): JsonValue {
  return toJson(DurationSchema, durationFromMs(ms));
}

function fromMessage(schema: DescMessage, message: Fields): Fields {
  const plain: Fields = {};
  for (const field of schema.fields) {
    if (isFieldSet(message as never, field)) {
      const choice =
        field.oneof === undefined
          ? message[field.localName]
          : (message[field.oneof.localName] as { value: unknown }).value;
      plain[nameOf(field)] = Array.isArray(choice)
        ? choice.map((item) => readValue(field, item))
        : readValue(field, choice);
    }
  }
  return plain;
}

function nameOf(field: DescField): string {
  return field.message?.typeName === "google.protobuf.Duration" ? `${field.localName}Ms` : field.localName;
}

function readValue(field: DescField, value: unknown): unknown {
  if (field.enum !== undefined) {
    return withoutPrefix(field.enum, value as number) ?? value;
  }
  switch (field.message?.typeName) {
    case undefined:
      return typeof value === "bigint" ? Number(value) : value;
    case "google.protobuf.Timestamp":
      return timestampDate(value as Timestamp);
    case "google.protobuf.Duration":
      return durationMs(value as Duration);
    case "google.protobuf.Struct":
      return value;
    default:
      return fromMessage(field.message as DescMessage, value as Fields);
  }
}

function writeValue(field: DescField, value: unknown): JsonValue {
  if (field.enum !== undefined) {
    return `${prefixOf(field.enum)}${value as string}`;
  }
  if (value instanceof SessionToken) {
    return value.reveal();
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  switch (field.message?.typeName) {
    case undefined:
    case "google.protobuf.Struct":
      return value as JsonValue;
    case "google.protobuf.Duration":
      return writeDuration(value as number);
    default:
      return writeResponse(field.message as DescMessage, value as object);
  }
}

function prefixOf(desc: DescEnum): string {
  return `${desc.name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase()}_`;
}

function withoutPrefix(desc: DescEnum, number: number): string | undefined {
  return desc.value[number]?.name.slice(prefixOf(desc).length);
}
