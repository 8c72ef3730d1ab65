import { DEFAULT_LIMIT, MAX_LIMIT } from '../../lib/input/page-size.js';

export const countryArg = {
  nullable: true,
  description:
    "Country of the user, ISO 3166-1 alpha-2, in any case. Null: the trusted proxy's header, else the last country in the profile of the user.",
} as const;

/** Returns the options of `limit` or `first`, whose description begins with what it counts, such as "Number of items". */
export function countArg(counted: string) {
  return {
    nullable: true,
    defaultValue: DEFAULT_LIMIT,
    description: `${counted}, 1–${MAX_LIMIT}. Null: ${DEFAULT_LIMIT}.`,
  } as const;
}
