import { downsampleSnapshots } from '../catalog/market-history.js';
import type { Job } from './job.js';

export function snapshotsJob(snapshots: Parameters<typeof downsampleSnapshots>[0]['snapshots']): Job {
  return {
    name: 'snapshots',
    description: 'Thin the history of markets: hourly after 48 hours, daily after 30 days.',
    everySeconds: 3_600,
    run: async ({ now, signal }) => {
      const { removed, kept } = await downsampleSnapshots({ snapshots, now, signal });
      return `${removed} snapshots removed, ${kept} kept`;
    },
  };
}
