/** Arguments that several fields share, as `@Arg` takes them. */

export const userKeyArg = {
  nullable: true,
  description:
    "The site's own key of the person, 1–128 characters; without it the feed depends on the country only.",
} as const;

export const countryArg = {
  nullable: true,
  description:
    "Where the person is: ISO 3166-1 alpha-2, in any case; else where a trusted proxy says, else the profile's country.",
} as const;

export const limitArg = { defaultValue: 20, description: 'How many markets, 1–100.' } as const;

export const algorithmArg = {
  nullable: true,
  description: 'The ranking to use instead of the one that the config chooses.',
} as const;
