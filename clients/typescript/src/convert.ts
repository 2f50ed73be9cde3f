// Conversion between the generated messages and the plain objects of this library. The rules are those of
// scripts/protoc-gen-plain-types.mjs, which writes the types. The fields of a message are looked up once and kept.
import {
  create,
  ScalarType,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type MessageShape,
} from "@bufbuild/protobuf";
import { durationFromMs, timestampFromDate, type Duration, type Timestamp } from "@bufbuild/protobuf/wkt";
import { revealToken, SessionToken } from "./token.js";

type Convert = (value: unknown) => unknown;

interface FieldPlan {
  /** Name in the plain object. */
  readonly name: string;
  /** Name in the generated message. */
  readonly localName: string;
  /** Name of the oneof in the generated message, if the field is part of one. */
  readonly oneof: string | undefined;
  /** Converts a value of the message to one of the plain object. */
  readonly read: Convert;
  /** Converts a value of the plain object to one of the message, or throws a TypeError. */
  readonly write: Convert;
}

interface MessagePlan {
  /** Fields outside of oneofs whose values are the same in both forms. */
  readonly plainFields: readonly FieldPlan[];
  /** The other fields outside of oneofs. */
  readonly convertedFields: readonly FieldPlan[];
  readonly oneofs: readonly string[];
  /** A plain object with every field undefined. Copying it is faster than adding fields one by one. */
  readonly template: Readonly<Fields>;
  readonly byName: ReadonlyMap<string, FieldPlan>;
  readonly byLocalName: ReadonlyMap<string, FieldPlan>;
}

type Fields = Record<string, unknown>;

const TOKEN_FIELDS: ReadonlySet<string> = new Set(["token", "except_token"]);
const MAX_DATA_DEPTH = 64;
const plans = new WeakMap<DescMessage, MessagePlan>();
const enumNames = new WeakMap<DescEnum, ReadonlyMap<number, string>>();

/** Returns a message as a plain object. The caller states its type, which src/gen/types.ts has. */
export function toPlain<T>(schema: DescMessage, message: MessageShape<DescMessage>): T {
  const plan = planOf(schema);
  const source = message as unknown as Fields;
  const plain = { ...plan.template };
  for (const { name, localName } of plan.plainFields) {
    plain[name] = source[localName];
  }
  for (const { name, localName, read } of plan.convertedFields) {
    const value = source[localName];
    if (value !== undefined) {
      plain[name] = read(value);
    }
  }
  for (const oneof of plan.oneofs) {
    const choice = source[oneof] as { case?: string; value?: unknown };
    const field = choice.case === undefined ? undefined : plan.byLocalName.get(choice.case);
    if (field !== undefined) {
      plain[field.name] = field.read(choice.value);
    }
  }
  return plain as T;
}

/** Returns the message of a plain object. Throws a TypeError that names the field if a field is unknown or has the
 * wrong type. Fields that are undefined are not set. */
export function fromPlain<D extends DescMessage>(schema: D, plain: object): MessageShape<D> {
  const plan = planOf(schema);
  const message = create(schema);
  const target = message as unknown as Fields;
  for (const [name, value] of Object.entries(plain)) {
    if (value === undefined) {
      continue;
    }
    const field = plan.byName.get(name);
    if (field === undefined) {
      throw new TypeError(`${schema.name} has no field "${name}"`);
    }
    const converted = field.write(value);
    if (field.oneof === undefined) {
      target[field.localName] = converted;
    } else if ((target[field.oneof] as { case?: string }).case === undefined) {
      target[field.oneof] = { case: field.localName, value: converted };
    } else {
      throw new TypeError(`${schema.name} has more than one of the fields of "${field.oneof}"`);
    }
  }
  return message;
}

function planOf(schema: DescMessage): MessagePlan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    const fields = schema.fields.map((field) => planField(field));
    const independent = fields.filter((field) => field.oneof === undefined);
    plan = {
      plainFields: independent.filter((field) => field.read === same),
      convertedFields: independent.filter((field) => field.read !== same),
      template: Object.fromEntries(fields.map((field) => [field.name, undefined])),
      oneofs: schema.oneofs.map((oneof) => oneof.localName),
      byName: new Map(fields.map((field) => [field.name, field])),
      byLocalName: new Map(fields.map((field) => [field.localName, field])),
    };
    plans.set(schema, plan);
  }
  return plan;
}

function planField(field: DescField): FieldPlan {
  const isDuration = field.message?.typeName === "google.protobuf.Duration";
  const name = isDuration ? `${field.localName}Ms` : field.localName;
  const label = `${field.parent.name}.${name}`;
  const value = planValue(field, label);
  const planned = { name, localName: field.localName, oneof: field.oneof?.localName };
  if (field.fieldKind === "list") {
    return {
      ...planned,
      read: value.read === same ? same : (list) => (list as unknown[]).map(value.read),
      write: (list) => {
        if (!Array.isArray(list)) {
          throw new TypeError(`${label} must be an array`);
        }
        return list.map(value.write);
      },
    };
  }
  return { ...planned, ...value };
}

function planValue(field: DescField, label: string): { read: Convert; write: Convert } {
  if (field.message !== undefined) {
    return planMessageValue(field.message, label);
  }
  if (field.enum !== undefined) {
    return planEnumValue(field.enum, label);
  }
  if (TOKEN_FIELDS.has(field.name)) {
    return {
      // An empty token stands for none.
      read: (token) => (token === "" ? undefined : SessionToken.from(token as string)),
      write: (token) => revealToken(token as SessionToken | string),
    };
  }
  switch (field.scalar) {
    case ScalarType.STRING:
      return { read: same, write: expect(label, "a string", (value) => typeof value === "string") };
    case ScalarType.BOOL:
      return { read: same, write: expect(label, "a boolean", (value) => typeof value === "boolean") };
    case ScalarType.DOUBLE:
      return { read: same, write: expect(label, "a number", (value) => typeof value === "number") };
    case ScalarType.UINT64:
    case ScalarType.INT64: {
      const check = expect(label, "a non-negative integer", isCount);
      return {
        read: Number,
        write: (value) => (typeof value === "bigint" ? value : BigInt(check(value) as number)),
      };
    }
    default:
      return {
        read: same,
        write: expect(label, "a non-negative 32-bit integer", (v) => isCount(v) && v < 2 ** 32),
      };
  }
}

function planMessageValue(message: DescMessage, label: string): { read: Convert; write: Convert } {
  switch (message.typeName) {
    case "google.protobuf.Timestamp":
      return {
        read: (value) => readTimestamp(value as Timestamp),
        write: (value) => timestampFromDate(expect(label, "a valid Date", isValidDate)(value) as Date),
      };
    case "google.protobuf.Duration":
      return {
        read: (value) => readDuration(value as Duration),
        write: (value) => durationFromMs(expect(label, "a number of milliseconds", Number.isFinite)(value) as number),
      };
    case "google.protobuf.Struct":
      return { read: same, write: (value) => toJsonObject(value, label) };
    default: {
      const check = expect(label, "an object", isObject);
      return {
        read: (value) => toPlain(message, value as MessageShape<DescMessage>),
        write: (value) => fromPlain(message, check(value) as object),
      };
    }
  }
}

/** Returns the name of a value of an enumeration, without its prefix. */
export function enumName(desc: DescEnum, value: number): string {
  return namesOf(desc).get(value) ?? "UNSPECIFIED";
}

function namesOf(desc: DescEnum): ReadonlyMap<number, string> {
  let names = enumNames.get(desc);
  if (names === undefined) {
    const prefix = desc.sharedPrefix?.toUpperCase() ?? "";
    names = new Map(desc.values.map((value) => [value.number, value.name.slice(prefix.length)]));
    enumNames.set(desc, names);
  }
  return names;
}

function planEnumValue(desc: DescEnum, label: string): { read: Convert; write: Convert } {
  const names = namesOf(desc);
  const numbers = new Map([...names].map(([number, name]) => [name, number]));
  return {
    read: (value) => names.get(value as number) ?? "UNSPECIFIED",
    write: (value) => {
      const number = typeof value === "number" ? value : numbers.get(value as string);
      if (number === undefined) {
        throw new TypeError(`${label} must be one of ${[...numbers.keys()].slice(1).join(", ")}`);
      }
      return number;
    },
  };
}

const same: Convert = (value) => value;

function expect(label: string, description: string, isValid: (value: unknown) => boolean): Convert {
  return (value) => {
    if (!isValid(value)) {
      throw new TypeError(`${label} must be ${description}`);
    }
    return value;
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isValidDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

/** Returns a time. Dates have milliseconds. */
export function readTimestamp(value: Timestamp): Date {
  return new Date(Number(value.seconds) * 1000 + Math.trunc(value.nanos / 1_000_000));
}

/** Returns a duration in milliseconds. */
export function readDuration(value: Duration): number;
export function readDuration(value: Duration | undefined): number | undefined;
export function readDuration(value: Duration | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.seconds) * 1000 + value.nanos / 1_000_000;
}

/** Returns `data` as JSON. Undefined members are left out; what JSON cannot express is a TypeError. */
function toJsonObject(data: unknown, label: string): JsonObject {
  if (!isObject(data) || data instanceof Date) {
    throw new TypeError(`${label} must be an object`);
  }
  return toJsonValue(data, label, 0) as JsonObject;
}

function toJsonValue(value: unknown, label: string, depth: number): JsonValue {
  if (depth > MAX_DATA_DEPTH) {
    throw new TypeError(`${label} is nested too deeply`);
  }
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) {
        return value;
      }
      break;
    case "object": {
      if (value === null) {
        return null;
      }
      if (Array.isArray(value)) {
        return value.map((item) => toJsonValue(item, label, depth + 1));
      }
      if (value instanceof Date) {
        return value.toISOString();
      }
      const members = Object.entries(value).filter(([, member]) => member !== undefined);
      return Object.fromEntries(members.map(([key, member]) => [key, toJsonValue(member, label, depth + 1)]));
    }
    default:
  }
  throw new TypeError(`${label} must contain only JSON values with finite numbers`);
}
