/**
 * The kinds of events, by the names of the `EventType` enum in the database. Stored profiles name them by their index:
 * append new ones at the end, and remove none.
 */
export const EVENT_TYPES = [
  'PARTICIPATE',
  'COMMENT',
  'SHARE',
  'BOOKMARK',
  'PARTICIPATE_INTENT',
  'RETURN_VISIT',
  'CLICK',
  'VIEW_MARKET',
  'DWELL_30',
  'DWELL_5',
  'SCROLL_PAST',
  'SKIP_FAST',
  'NOT_INTERESTED',
  'HIDE',
  'UNHIDE',
  'IMPRESSION',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
