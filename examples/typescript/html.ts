const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is HTML already. Everything else is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

/** Returns HTML in which every value is escaped, except those that are HTML. */
export function html(strings: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(toText)));
}

/** Returns a page as text. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
      </head>
      <body>
        <h1>${title}</h1>
        ${body}
      </body>
    </html>`.text;
}

function toText(value: string | Html | readonly Html[]): string {
  if (typeof value === "string") {
    return value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
  }
  return value instanceof Html ? value.text : value.map(({ text }) => text).join("");
}
