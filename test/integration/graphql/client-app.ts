import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import {
  FeedDocument,
  TrackInteractionDocument,
  type FeedCardFragment,
  type InteractionType,
  type FeedSection,
} from '../../../src/generated/client/graphql.js';

/** An error response of the gateway. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  constructor(
    message: string,
    readonly code: string,
    readonly field: string | undefined,
    readonly retryAfterMs: number | undefined,
  ) {
    super(message);
  }
}

interface ResponseBody<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly field?: string; readonly retryAfterMs?: number };
  }[];
}

/** A card as the page renders it. */
export interface Card {
  readonly marketId: string;
  readonly heading: string;
  /** Such as "40 %"; empty without a probability. */
  readonly odds: string;
  readonly section: FeedSection;
  /** Position in the section, from 0. */
  readonly position: number;
}

export interface FrontPage {
  readonly feedId: string;
  /** In display order. */
  readonly cards: readonly Card[];
}

const ATTEMPTS = 3;

/** Example frontend of a prediction-market site: one user who opens the front page and clicks. */
export class SiteVisit {
  constructor(
    private readonly site: {
      endpoint: string;
      userKey: string;
      fetch: typeof fetch;
      newId: () => string;
      pause: (ms: number) => Promise<void>;
    },
  ) {}

  async frontPage(limit: number): Promise<FrontPage> {
    const { feed } = await this.#send(FeedDocument, { userKey: this.site.userKey, limit });
    const { hero, grid, stream } = feed;
    const cards = [...(hero === null ? [] : [hero]), ...grid, ...stream].map(toCard);
    return { feedId: feed.id, cards };
  }

  /**
   * Reports an action of the user on a card. Every attempt has the same clientEventId, so that the event counts once
   * even if a response is lost.
   *
   * @returns RECORDED, or DUPLICATE if an earlier attempt was recorded and its response was lost.
   */
  async report(eventType: InteractionType, card: Card, { feedId }: FrontPage): Promise<string> {
    const { marketId, section, position } = card;
    const { userKey, newId, pause } = this.site;
    const input = { userKey, marketId, eventType, section, position, feedId, clientEventId: newId() };
    for (let attempt = 1; ; attempt++) {
      try {
        const { trackInteraction } = await this.#send(TrackInteractionDocument, { input });
        return trackInteraction.status;
      } catch (error) {
        const rejected = error instanceof GatewayError && error.retryAfterMs === undefined;
        if (rejected || attempt === ATTEMPTS) throw error;
        await pause(error instanceof GatewayError ? (error.retryAfterMs ?? 0) : 0);
      }
    }
  }

  async #send<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data> {
    const response = await this.site.fetch(this.site.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query: print(document), variables }),
    });
    const { data, errors } = (await response.json()) as ResponseBody<Data>;
    const [error] = errors ?? [];
    if (error === undefined && data != null) return data;
    const { code = 'UNKNOWN', field, retryAfterMs } = error?.extensions ?? {};
    throw new GatewayError(error?.message ?? 'The response has no data.', code, field, retryAfterMs);
  }
}

function toCard({ market, section, position }: FeedCardFragment): Card {
  const { id: marketId, title, category, probability } = market;
  const odds = probability === null ? '' : `${Math.round(probability * 100)} %`;
  return { marketId, heading: `${category}: ${title}`, odds, section, position };
}
