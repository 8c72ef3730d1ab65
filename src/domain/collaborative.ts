/** Graph filters of collaborative filtering, by the degree of their polynomials. */
export const GRAPH_FILTER_NAMES = ['linear', 'quadratic', 'cubic'] as const;

export type GraphFilter = (typeof GRAPH_FILTER_NAMES)[number];

export const COLLABORATIVE_METHODS = ['als', 'graph'] as const;

export type CollaborativeMethod = (typeof COLLABORATIVE_METHODS)[number];

/** Maximum size of a stored model. */
export const MAX_COLLABORATIVE_BYTES = 128 * 1_048_576;

/** Bytes of a stored neighbor: its number and its value. */
export const NEIGHBOR_BYTES = 6;

/** Bytes of a stored factor. */
export const FACTOR_BYTES = 4;
