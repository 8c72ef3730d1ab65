import type { ValidationRule } from 'graphql';
import { aliasLimit } from './rules/alias-limit.js';
import { depthLimit } from './rules/depth-limit.js';
import { rootFieldLimit } from './rules/root-field-limit.js';

/** How many tokens a document may have. */
export const MAX_TOKENS = 2_000;

/** How many faults of one document, and of one set of variables, are told. */
export const MAX_ERRORS = 5;

/** What a document must hold to besides GraphQL's own rules, whichever way it comes. */
export const limitRules: readonly ValidationRule[] = [depthLimit, rootFieldLimit, aliasLimit];
