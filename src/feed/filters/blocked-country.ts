import type { Filter } from './filter.js';

/** Removes markets that are blocked in the country of the request. */
export const blockedCountry: Filter = {
  name: 'blocked-country',
  reason: 'BLOCKED_COUNTRY',
  apply: ({ snapshot: { columns, entries }, country }, remove) => {
    if (country === null) return;
    for (const row of columns.restrictedRows)
      if (entries[row]?.market.blockedCountries.includes(country) === true) remove(row);
  },
};
