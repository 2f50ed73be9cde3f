// A plugin of buf that writes src/gen/types.ts: an interface for each message of the contract as this library's users
// see it, with the comments of the contract. src/convert.ts converts between these and the generated messages.
//
// - Times are Date. A Duration is a number of milliseconds, and its field ends in `Ms`. 64-bit integers are numbers.
// - An enum is a union of its names without their prefix. Responses may have "UNSPECIFIED"; requests may not.
// - A oneof is a choice of optional fields.
// - Fields of requests are optional unless the contract requires them; fields of responses are readonly.
// - A session token is a SessionToken.
import { runNodeJs, createEcmaScriptPlugin, getComments } from "@bufbuild/protoplugin";
import { ScalarType } from "@bufbuild/protobuf";

const TIMESTAMP = "google.protobuf.Timestamp";
const DURATION = "google.protobuf.Duration";
const STRUCT = "google.protobuf.Struct";
const TOKEN_FIELDS = new Set(["token", "except_token"]);
// Messages that the methods of the library take or return in another form.
const OMITTED = new Set([
  "MethodRequirements",
  "StreamAlertsResponse",
  "UpdateRequest",
  "ValidateFailure",
  "ValidateStreamRequest",
  "ValidateStreamResponse",
]);
const OMITTED_ENUMS = new Set(["CallerRole", "WorkKind", "DeadlineClass"]);
// Messages of requests that do not end in Request.
const OTHER_INPUTS = new Set([
  "ClientContext",
  "DeniedToken",
  "Everyone",
  "SessionFilter",
  "SessionTouch",
  "TenantScope",
  "TimeWindow",
  "UserScope",
]);

const isInput = (message) => message.name.endsWith("Request") || OTHER_INPUTS.has(message.name);

/** Returns the comment of the contract in the names of this library. */
function commentOf(desc) {
  return commentText(desc)
    .replace(/\*\//g, "*\\/")
    .split("\n")
    .map((line) => line.replace(/^ /, ""));
}

function printComment(file, indent, desc) {
  const lines = commentOf(desc);
  file.print(indent, "/**");
  for (const line of lines) {
    file.print(indent, line === "" ? " *" : ` * ${line}`);
  }
  file.print(indent, " */");
}

function scalar(type) {
  switch (type) {
    case ScalarType.STRING:
      return "string";
    case ScalarType.BOOL:
      return "boolean";
    case ScalarType.BYTES:
      return "Uint8Array";
    default:
      return "number";
  }
}

function enumType(desc, input) {
  return input ? desc.name : `Known<${desc.name}>`;
}

function valueType(field, input) {
  if (field.message !== undefined) {
    switch (field.message.typeName) {
      case TIMESTAMP:
        return "Date";
      case DURATION:
        return "number";
      case STRUCT:
        return "JsonObject";
      default:
        return field.message.name;
    }
  }
  if (field.enum !== undefined) {
    return enumType(field.enum, input);
  }
  if (TOKEN_FIELDS.has(field.name)) {
    return input ? "SessionToken | string" : "SessionToken";
  }
  return scalar(field.scalar);
}

function fieldName(field) {
  return field.message?.typeName === DURATION ? `${field.localName}Ms` : field.localName;
}

const commentText = (desc) => (getComments(desc).leading ?? "").trim();

/** Returns whether a request must have the field. */
const isRequired = (field) => /^Required\b/.test(commentText(field));

/** Returns whether a response may lack the field: a message that the comment says may be unset, or a token. */
function mayBeUnset(field) {
  const isMessage = field.fieldKind === "message" && /\bunset\b/i.test(commentText(field));
  return isMessage || (TOKEN_FIELDS.has(field.name) && field.parent.name !== "CreateResponse");
}

function printField(file, field, input) {
  printComment(file, "  ", field);
  const optional = field.oneof !== undefined || (input ? !isRequired(field) : mayBeUnset(field));
  let type = valueType(field, input);
  if (field.fieldKind === "list") {
    type = /[|]/.test(type) ? `readonly (${type})[]` : `readonly ${type}[]`;
  }
  file.print(
    "  ",
    input ? "" : "readonly ",
    fieldName(field),
    optional ? "?: " : ": ",
    type,
    optional ? " | undefined;" : ";",
  );
}

function printMessage(file, message) {
  const input = isInput(message);
  file.print();
  printComment(file, "", message);
  if (message.fields.length === 0) {
    file.print("export type ", message.name, " = Readonly<Record<string, never>>;");
    return;
  }
  file.print("export interface ", message.name, " {");
  message.fields.forEach((field, index) => {
    if (index > 0) {
      file.print();
    }
    printField(file, field, input);
  });
  file.print("}");
}

function printEnum(file, desc) {
  file.print();
  printComment(file, "", desc);
  const prefix = `${desc.name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase()}_`;
  const names = desc.values.filter((value) => value.number !== 0).map((value) => value.name.slice(prefix.length));
  file.print("export type ", desc.name, " =");
  names.forEach((name, index) => {
    file.print('  | "', name, '"', index === names.length - 1 ? ";" : "");
  });
}

const plugin = createEcmaScriptPlugin({
  name: "protoc-gen-plain-types",
  version: "v1",
  generateTs(schema) {
    const file = schema.generateFile("types.ts");
    file.print(
      "// Generated from proto/session/v1 by scripts/protoc-gen-plain-types.mjs (`npm run generate`). Do not edit.",
    );
    file.print('import type { JsonObject } from "@bufbuild/protobuf";');
    file.print('import type { SessionToken } from "../token.js";');
    file.print();
    file.print("/** The values of an enum in responses. Values that this release does not know are `UNSPECIFIED`. */");
    file.print('export type Known<T extends string> = T | "UNSPECIFIED";');
    const files = [...schema.files].sort((a, b) => a.name.localeCompare(b.name));
    for (const source of files) {
      for (const desc of source.enums.filter((e) => !OMITTED_ENUMS.has(e.name))) {
        printEnum(file, desc);
      }
      for (const message of source.messages.filter((m) => !OMITTED.has(m.name))) {
        printMessage(file, message);
      }
    }
  },
});

runNodeJs(plugin);
