import assert from "node:assert/strict";
import test from "node:test";
import { format, inspect } from "node:util";
import { SessionToken } from "@session-authority/client";

const SECRET = "sa_0123456789abcdef";

const printed: Record<string, (value: unknown) => string> = {
  String: (value) => String(value),
  "JSON.stringify": (value) => JSON.stringify({ value }),
  inspect: (value) => inspect({ value }, { showHidden: true, depth: 10, getters: true }),
  "format %s": (value) => format("%s", value),
  "format %o": (value) => format("%o", value),
  "format %j": (value) => format("%j", value),
  properties: (value) => JSON.stringify(Object.getOwnPropertyDescriptors(value)),
  clone: (value) => JSON.stringify({ ...(value as object) }),
};

for (const [name, print] of Object.entries(printed)) {
  test(`a token does not print itself: ${name}`, () => {
    assert.ok(!print(SessionToken.from(SECRET)).includes("0123456789"));
  });
}

test("the same checks find a token that is plain text", () => {
  const finders = Object.values(printed).filter((print) => print(Object(SECRET)).includes("0123456789"));
  assert.ok(finders.length >= 5, `only ${String(finders.length)} checks find it`);
});

test("a token is revealed on demand", () => {
  assert.equal(SessionToken.from(SECRET).reveal(), SECRET);
  assert.equal(SessionToken.from(SessionToken.from(SECRET)).reveal(), SECRET);
});

test("only text is wrapped", () => {
  assert.throws(() => SessionToken.from(undefined as unknown as string), TypeError);
});
