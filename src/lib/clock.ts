/** Returns the current time in ms since 1970. The entry points pass `Date.now`; tests pass their own clock. */
export type Clock = () => number;
