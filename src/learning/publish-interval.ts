import { MINUTE_MS } from '../lib/time.js';

/** Interval at which the worker publishes a model: weights, and signals. */
export const PUBLISH_EVERY_MS = 10 * MINUTE_MS;
