export type { Market, MarketRecord, MarketStatus, MarketTexts } from '../repositories/market.js';
export { topicKey } from '../repositories/market.js';
