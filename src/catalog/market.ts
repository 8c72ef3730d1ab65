export type { Market, MarketRecord, MarketStatus, MarketTexts } from '../domain/market.js';
export { topicKey } from '../domain/market.js';
