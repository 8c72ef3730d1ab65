import type { Filter } from '../candidate.js';

/** Removes markets that must not be shown in the person's country. */
export const allowedCountry: Filter = {
  name: 'allowed-country',
  keeps: (candidate, { country }) => country === null || !candidate.market.blockedCountries.includes(country),
};
