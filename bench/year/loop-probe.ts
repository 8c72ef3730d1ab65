/**
 * Preloaded into the gateway that is measured. Answers messages of the parent: `reset` starts a new measurement, `read`
 * sends a {@link LoopReading}.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Since the last reset. */
export interface LoopReading {
  /** Delay of the event loop, milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The most resident memory at any second, megabytes. */
  readonly residentMb: number;
}

const RESOLUTION_MS = 1;
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
histogram.enable();
let residentBytes = 0;
const look = (): void => {
  residentBytes = Math.max(residentBytes, process.memoryUsage.rss());
};
setInterval(look, 1_000).unref();

process.on('message', (message) => {
  if (message === 'reset') {
    histogram.reset();
    residentBytes = 0;
  } else if (message === 'read') {
    look();
    const at = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    process.send?.({
      p50Ms: at(histogram.percentile(50)),
      p99Ms: at(histogram.percentile(99)),
      maxMs: at(histogram.max),
      residentMb: residentBytes / 2 ** 20,
    } satisfies LoopReading);
  }
});
process.channel?.unref();
