import type { z } from 'zod';

/** Codes of a rejected item of a batch. They are part of the API. */
export const INPUT_PROBLEM_CODES = [
  'INVALID',
  'TOO_LONG',
  'OUT_OF_RANGE',
  'UNKNOWN_MARKET',
  'FORBIDDEN',
] as const;

export type InputProblemCode = (typeof INPUT_PROBLEM_CODES)[number];

/** Why an item of a batch was rejected. */
export interface InputProblem {
  /** Index of the item in its list, from 0. */
  readonly index: number;
  /** Path of the invalid value within the item; empty if the item itself is invalid. */
  readonly field: string;
  readonly code: InputProblemCode;
  /** One sentence that names the field and what is allowed. */
  readonly message: string;
}

/** The `params` of a custom check whose failure has another code than INVALID. */
export const OUT_OF_RANGE = { problem: 'OUT_OF_RANGE' } as const;
export const TOO_LONG = { problem: 'TOO_LONG' } as const;

/** Describes the first issue of an item that a schema rejected. */
export function problemOf(error: z.ZodError, index: number): InputProblem {
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  return {
    index,
    field,
    code: issue === undefined ? 'INVALID' : codeOf(issue),
    message: `${field === '' ? 'The item' : field} ${issue?.message ?? 'is not valid'}.`,
  };
}

/** Returns the code of an issue. A text or list may be too long; one that is too short, such as an empty id, is INVALID. */
function codeOf(issue: z.core.$ZodIssue): InputProblemCode {
  switch (issue.code) {
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array' ? 'TOO_LONG' : 'OUT_OF_RANGE';
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array' ? 'INVALID' : 'OUT_OF_RANGE';
    case 'custom':
      return INPUT_PROBLEM_CODES.find((code) => code === issue.params?.['problem']) ?? 'INVALID';
    default:
      return 'INVALID';
  }
}
