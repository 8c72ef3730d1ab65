/** Interval at which the event loop proves that it runs. */
const TICK_MS = 5;

/** Longest time between two ticks that counts: timers are late by about a tick on an idle machine too. */
const MAX_TICK_MS = 3 * TICK_MS;

let countedMs = 0;
let lastTickMs = performance.now();

setInterval(() => {
  countedMs = responsiveNow();
  lastTickMs = performance.now();
}, TICK_MS).unref();

/**
 * A clock in milliseconds that stands still while the event loop is blocked: by computation of this process, or because the
 * machine gives it no processor. A duration on this clock measures what the process waited for, not the process.
 *
 * `perf_hooks.monitorEventLoopDelay` cannot measure this: it has the distribution of delays, but not the delay of a certain
 * period.
 */
export function responsiveNow(): number {
  return countedMs + Math.min(performance.now() - lastTickMs, MAX_TICK_MS);
}
