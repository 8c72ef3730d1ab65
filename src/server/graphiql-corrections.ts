/**
 * GraphiQL never ends the animation that moves each tab from its place before the fonts loaded. The tab is then painted
 * in one place and measured in another, and a press counts as a drag.
 */
const TAB_STYLE = '<style>.graphiql-tab { transform: none !important; }</style>';

/** Replacements in the bundled script of `@graphql-yoga/render-graphiql`, which has no option for any of these. */
const CORRECTIONS: readonly (readonly [text: string, replacement: string])[] = [
  ['</head>', `${TAB_STYLE}</head>`],
  // The language service allows only strings, numbers and booleans for a scalar that it does not know.
  [
    String.raw`definition.type = [\"string\", \"number\", \"boolean\", \"integer\"];`,
    String.raw`definition.type = [\"string\", \"number\", \"boolean\", \"integer\", \"object\", \"array\"];`,
  ],
  // The language service requires a value for a variable of a non-null type even when the variable has a default.
  [
    'for (const { variable, type: type2 } of variableDefinitions) {',
    "for (const { variable, type: declared, defaultValue } of variableDefinitions) { const type2 = defaultValue && declared.kind === 'NonNullType' ? declared.type : declared;",
  ],
];

/** Corrects defects of GraphiQL in its page: tabs that ignore the mouse, and error markers on valid variables. */
export function correctGraphiQL(html: string): string {
  return CORRECTIONS.reduce((page, [text, replacement]) => page.replace(text, () => replacement), html);
}
