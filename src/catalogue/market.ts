export type { Market, MarketStatus } from '../repositories/market.js';
export { topicKey } from '../repositories/market.js';
