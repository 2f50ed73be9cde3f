const RULES = `
:host {
  --_accent: var(--session-accent, light-dark(#1a4fba, #8ab4ff));
  --_danger: var(--session-danger, light-dark(#b3261e, #ffb4ab));
  --_text: var(--session-text, light-dark(#1b1b1f, #e6e1e5));
  --_muted: var(--session-muted, light-dark(#55555e, #b9b6c0));
  --_surface: var(--session-surface, light-dark(#ffffff, #1c1b1f));
  --_border: var(--session-border, light-dark(#c5c5d0, #47464f));
  --_radius: var(--session-radius, 0.5rem);
  color: var(--_text);
  display: block;
  font: inherit;
  line-height: 1.5;
}
:host([hidden]), [hidden] { display: none; }
*, *::before { box-sizing: border-box; }
ul { display: grid; gap: 0.75rem; list-style: none; margin: 0; padding: 0; }
h2 { font-size: 1.25em; line-height: 1.3; margin: 0 0 0.25rem; }
p { margin: 0 0 1rem; }
.all { margin-top: 1rem; }
.card {
  align-items: center;
  background: var(--_surface);
  border: 1px solid var(--_border);
  border-radius: var(--_radius);
  display: grid;
  gap: 0.5rem 1rem;
  grid-template-columns: auto minmax(0, 1fr) auto;
  padding: 0.75rem 1rem;
}
.card svg { color: var(--_muted); height: 2rem; width: 2rem; }
.details { min-width: 0; overflow-wrap: anywhere; }
.name { align-items: baseline; display: flex; flex-wrap: wrap; font-weight: 600; gap: 0 0.5rem; }
.muted { color: var(--_muted); font-size: 0.875em; }
.badge {
  border: 1px solid currentColor;
  border-radius: 1rem;
  color: var(--_accent);
  display: inline-block;
  font-size: 0.75em;
  font-weight: 600;
  padding: 0 0.5rem;
}
button {
  background: transparent;
  border: 1px solid currentColor;
  border-radius: var(--_radius);
  color: var(--_accent);
  cursor: pointer;
  font: inherit;
  min-height: 2.25rem;
  padding: 0.25rem 0.875rem;
}
button.danger { color: var(--_danger); }
button:hover:not([aria-disabled]) { text-decoration: underline; }
button[aria-disabled] { cursor: progress; }
button:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.problem { border-inline-start: 4px solid var(--_danger); margin: 0.5rem 0; padding: 0.25rem 0.75rem; }
.status { margin: 0.5rem 0; }
.status:empty { margin: 0; }
dialog {
  background: var(--_surface);
  border: 1px solid var(--_border);
  border-radius: var(--_radius);
  color: inherit;
  max-width: min(28rem, calc(100vw - 2rem));
  padding: 1.25rem;
}
dialog::backdrop { background: rgb(0 0 0 / 50%); }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; justify-content: flex-end; }
@media (max-width: 30rem) {
  .card { grid-template-columns: auto minmax(0, 1fr); }
  .card > :last-child:not(.details) { grid-column: 2; justify-self: start; }
}
@media (forced-colors: active) {
  .badge, button { border-color: currentColor; }
}
`;

let sheet: CSSStyleSheet | undefined;

/** Returns the style sheet of all elements. It is constructed by script, which a strict `style-src` permits. */
export function styleSheet(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(RULES);
  }
  return sheet;
}
