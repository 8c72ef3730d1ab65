/** Milliseconds since 1970. The only clock of the program is made in `app.ts`; tests give their own. */
export type Clock = () => number;
