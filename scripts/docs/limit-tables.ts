import { maxHeaderSize } from 'node:http';
import { MAX_POINTS, MAX_TOTAL_POINTS } from '../../dist/catalog/market-history.js';
import { MAX_BLOCKED_COUNTRIES, MAX_LENGTH, MAX_TAGS } from '../../dist/catalog/market-input.js';
import { MAX_FILTER_ENTRIES, MAX_SEARCH_LENGTH } from '../../dist/catalog/market-page.js';
import { MAX_UPSERT } from '../../dist/catalog/market-writer.js';
import { MAX_PATCH_CHARACTERS } from '../../dist/feed/explain/explain-service.js';
import { MAX_RANKED } from '../../dist/feed/requests.js';
import {
  EXPENSIVE_NESTED_FIELDS,
  EXPENSIVE_ROOT_FIELDS,
  MAX_ALIASES,
  MAX_DEPTH,
  MAX_DIRECTIVES,
  MAX_ERRORS,
  MAX_EXPENSIVE_FIELDS,
  MAX_MARKET_IDS,
  MAX_ROOT_FIELDS,
  MAX_TOKENS,
  ONCE_ROOT_FIELDS,
} from '../../dist/graphql/rules/limits.js';
import { MAX_LIST_ITEMS } from '../../dist/graphql/rules/list-items.js';
import {
  BASE_COST,
  FIELD_COSTS,
  ITEM_COSTS,
  LIST_LENGTHS,
  MAX_COST,
  OTHER_LIST_LENGTH,
} from '../../dist/graphql/rules/operation-cost.js';
import { MAX_FRAGMENTS, MAX_REPEATS } from '../../dist/graphql/rules/repetition.js';
import { MAX_JSON_DEPTH } from '../../dist/lib/input/json-depth.js';
import { MAX_LIMIT } from '../../dist/lib/input/page-size.js';
import { MAX_CURSOR_LENGTH, MAX_USER_KEY_LENGTH } from '../../dist/lib/input/text-schemas.js';
import { MAX_IDS } from '../../dist/live/live-service.js';
import { MAX_READS, MIN_READS } from '../../dist/server/read-limit.js';
import { loadRankingConfig } from '../../dist/config/ranking-config.js';
import { MAX_BODY_BYTES, REQUEST_TIMEOUT_MS } from '../../dist/server/server.js';
import { DEFAULT_WEBSOCKET_LIMITS as SOCKET } from '../../dist/server/websocket-connection.js';
import { MAX_QUERY_WORDS } from '../../dist/storage/markets/market-search.js';
import {
  MAX_CLIENT_EVENT_ID_LENGTH,
  MAX_CONTEXT_BYTES,
  MAX_EVENTS,
  MAX_IDENTIFIER_LENGTH,
  MAX_IMPRESSIONS,
} from '../../dist/tracking/event-input.js';
import { table } from './table.ts';

const CONFIG = loadRankingConfig(undefined).rateLimits;

type Row = readonly [what: string, limit: string | number, beyond: string];

const REJECTED = '`LIMIT_EXCEEDED`; nothing has run';
const INVALID = '`BAD_USER_INPUT` with the `field`';
const TOO_MANY = '`LIMIT_EXCEEDED` with the `field`';

const names = (fields: Iterable<string>): string => [...fields].map((name) => `\`${name}\``).join(', ');

const rows = (head: string, entries: readonly Row[]): string =>
  table(
    [head, 'limit', 'beyond it'],
    entries.map(([what, limit, beyond]) => [
      what,
      typeof limit === 'number' ? limit.toLocaleString('en') : limit,
      beyond,
    ]),
  );

const bytes = (count: number): string =>
  count % (1024 * 1024) === 0 ? `${count / (1024 * 1024)} MiB` : `${count / 1024} KiB`;

/** Limits of one GraphQL operation. */
export function operationLimits(): string {
  const expensive = [...EXPENSIVE_ROOT_FIELDS, ...EXPENSIVE_NESTED_FIELDS];
  return rows('operation', [
    ['tokens of the document', MAX_TOKENS, REJECTED],
    ['levels of fields; a root field is level 1', MAX_DEPTH, REJECTED],
    ['aliases; each spread of a fragment counts again', MAX_ALIASES, REJECTED],
    ['directives of the document', MAX_DIRECTIVES, REJECTED],
    ['fragments of the document', MAX_FRAGMENTS, REJECTED],
    [
      'selections of one response name in one selection set, inline fragments included',
      MAX_REPEATS,
      REJECTED,
    ],
    ['root fields', MAX_ROOT_FIELDS, REJECTED],
    [`fields that rank, list, or write many items: ${names(expensive)}`, MAX_EXPENSIVE_FIELDS, REJECTED],
    [`each of ${names(ONCE_ROOT_FIELDS)}`, 1, REJECTED],
    [
      'list items: `first` and `limit` of all fields, and the lengths of all lists in arguments and their input objects, except lists within items and in JSON',
      MAX_LIST_ITEMS,
      REJECTED,
    ],
    [
      'history points: `points` of each history, times the longest list around it; `hero`, `grid`, and `stream` of a feed count once together, and `candidates` not at all',
      MAX_TOTAL_POINTS,
      REJECTED,
    ],
    ['cost, in points', MAX_COST, REJECTED],
    ['nested objects and lists in variables', MAX_JSON_DEPTH, REJECTED],
    ['reported errors of one document, or of its variables', MAX_ERRORS, 'further errors are left out'],
  ]);
}

/** Points that the cost of an operation adds up. */
export function operationCosts(): string {
  const byPoints = Map.groupBy(Object.entries(FIELD_COSTS), ([, points]) => points);
  const fields = [...byPoints].toSorted(([a], [b]) => b - a);
  const lengths = Object.entries(LIST_LENGTHS);
  return table(
    ['part of an operation', 'points'],
    [
      ['the operation', BASE_COST],
      ...fields.map(([points, entries]) => [`each ${names(entries.map(([name]) => name))}`, points] as const),
      ['each other field', 1],
      ...Object.entries(ITEM_COSTS).map(
        ([name, points]) => [`each item sent to \`${name}\``, points] as const,
      ),
      ['each item sent to another field', 1],
    ].map(([part, points]) => [String(part), points.toLocaleString('en')]),
  ).concat(
    '\n\n',
    table(
      ['list without a size in arguments', 'assumed length'],
      [
        ...lengths.map(([name, length]) => [`\`${name}\``, String(length)]),
        ['every other list within items, or outside of a sized field', String(OTHER_LIST_LENGTH)],
      ],
    ),
  );
}

/** Limits of lists and numbers in the input. */
export function listLimits(): string {
  return rows('list or number', [
    ['`first`, `limit`', `1–${MAX_LIMIT}`, INVALID],
    ['`history(points)`', `1–${MAX_POINTS}`, INVALID],
    ['`marketsByIds`: `ids`', MAX_MARKET_IDS, TOO_MANY],
    ['`markets`: each list of `filter`', MAX_FILTER_ENTRIES, TOO_MANY],
    ['`rankMarkets`: `marketIds`, and `candidates`, each', MAX_RANKED, TOO_MANY],
    ['`trackInteractions`: `interactions`, also of `/track`', MAX_EVENTS, TOO_MANY],
    ['`trackImpressions`: `items`, also of `/track`', MAX_IMPRESSIONS, TOO_MANY],
    ['`upsertMarkets`: `markets`', MAX_UPSERT, TOO_MANY],
    ['`tags` of a candidate', MAX_TAGS, TOO_MANY],
    ['`tags` of a stored market', MAX_TAGS, 'the first ones are stored, with a note'],
    ['`blockedCountries` of a market', MAX_BLOCKED_COUNTRIES, 'the market is `REJECTED`'],
    ['`marketsMoved`: distinct `marketIds`', MAX_IDS, TOO_MANY],
    [
      '`audienceInsights`: sets of cells of one `day`',
      '`audience.releasesPerDay`',
      `${TOO_MANY}; see [privacy.md](privacy.md#budget)`,
    ],
  ]);
}

/** Limits of texts in the input, in UTF-16 code units. */
export function textLimits(): string {
  const shortened = 'shortened, with a note';
  const dropped = 'dropped, with a note';
  return rows('text', [
    ['`userKey`', MAX_USER_KEY_LENGTH, INVALID],
    ['`id` of a market, `marketId`, `feedId`, `sessionId`', MAX_IDENTIFIER_LENGTH, INVALID],
    ['`clientEventId`', MAX_CLIENT_EVENT_ID_LENGTH, INVALID],
    ['`context` as JSON', `${MAX_CONTEXT_BYTES.toLocaleString('en')} bytes`, INVALID],
    ['cursor (`after`)', MAX_CURSOR_LENGTH, INVALID],
    ['`eventKey` of a filter', MAX_LENGTH.eventKey, INVALID],
    ['each of `categories` and `tags` of a filter', MAX_LENGTH.label, INVALID],
    ['`text` of a search', `${MAX_SEARCH_LENGTH}, and ${MAX_QUERY_WORDS} words`, INVALID],
    ['`config` of `simulateFeed` as JSON', MAX_PATCH_CHARACTERS, INVALID],
    ['`title` of a market', MAX_LENGTH.title, `${shortened}; of a candidate: ${INVALID}`],
    ['`category` and each tag of a market', MAX_LENGTH.label, `${shortened}; of a candidate: ${INVALID}`],
    ['`description`', MAX_LENGTH.description, shortened],
    ['`editorialDescription`', MAX_LENGTH.editorialDescription, shortened],
    ['`url`, `imageUrl`', MAX_LENGTH.url, dropped],
    ['`eventKey`', MAX_LENGTH.eventKey, dropped],
    ['`volumeUnit`', MAX_LENGTH.volumeUnit, dropped],
    ['`source`', MAX_LENGTH.source, dropped],
  ]);
}

/** Limits of HTTP requests and WebSocket connections. */
export function transportLimits(): string {
  return rows('transport', [
    ['request body', bytes(MAX_BODY_BYTES), '413, `PAYLOAD_TOO_LARGE`'],
    [
      'request line and headers together',
      bytes(maxHeaderSize),
      '431, not in the shape of a GraphQL response',
    ],
    [
      'time for receiving a request',
      `${REQUEST_TIMEOUT_MS / 1_000} s`,
      '408, not in the shape of a GraphQL response',
    ],
    ['operations of a request', 1, '400, `BAD_REQUEST`'],
    [
      'reads in progress at `/graphql`, of a process',
      `${MAX_READS.toLocaleString('en')}; ${MIN_READS} or more, by their processor time, while the event loop is busy`,
      '503, `UNAVAILABLE`',
    ],
    [
      'points of a caller in a window (`rateLimits` in the config)',
      'see below',
      '429, `RATE_LIMITED` with `retryAfterMs`; WebSocket: the subscription ends',
    ],
    [
      'WebSocket connections of an address to a replica (`rateLimits.socketsPerAddress`)',
      CONFIG.socketsPerAddress,
      '429, `LIMIT_EXCEEDED`',
    ],
    [
      'WebSocket connections of a viewer to a replica (`rateLimits.socketsPerViewer`)',
      CONFIG.socketsPerViewer,
      'closed with 1013',
    ],
    ['WebSocket connections of a replica', SOCKET.connections, '503, `UNAVAILABLE`'],
    [
      'subscriptions of a connection',
      SOCKET.subscriptionsPerConnection,
      '`LIMIT_EXCEEDED`; the others continue',
    ],
    ['message from a client', bytes(SOCKET.messageBytes), 'closed with 1009'],
    ['messages from a client in 10 s', SOCKET.messagesPerWindow, 'closed with 1008'],
    ['message to a client', bytes(SOCKET.resultBytes), 'that subscription ends with `LIMIT_EXCEEDED`'],
    ['messages that a client does not read', SOCKET.unsentMessages, 'closed with 1013'],
    ['time until `connection_init`', `${SOCKET.initTimeoutMs / 1_000} s`, 'closed with 4408'],
    [
      'time without a message or pong of the client',
      `2 × ${SOCKET.pingIntervalMs / 1_000} s`,
      'disconnected',
    ],
  ]);
}
