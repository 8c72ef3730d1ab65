import type { Retention } from '../tracking/retention.js';
import type { Job } from './job.js';

export function retentionJob(retention: Pick<Retention, 'run'>): Job {
  return {
    name: 'retention',
    description: 'Drop events that are too old, by whole months, and remove client event ids.',
    everySeconds: 86_400,
    run: async (run) => {
      const { droppedPartitions, postponedPartitions, removedClientEvents } = await retention.run(run);
      if (postponedPartitions.length > 0) {
        throw new Error(`These partitions were in use for too long: ${postponedPartitions.join(', ')}.`);
      }
      const dropped = droppedPartitions.length === 0 ? 'nothing' : droppedPartitions.join(', ');
      return `${dropped} dropped, ${removedClientEvents} client event ids removed`;
    },
  };
}
