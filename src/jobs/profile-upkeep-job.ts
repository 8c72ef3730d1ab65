import type { ProfileUpkeep } from '../profiles/profile-upkeep.js';
import type { Job } from './job.js';

export function profileUpkeepJob(upkeep: Pick<ProfileUpkeep, 'run'>): Job {
  return {
    name: 'profile-upkeep',
    description:
      'Removes faded affinity, old impressions and ended hides from the profiles of inactive users.',
    everySeconds: 86_400,
    run: async (run) => {
      const { examined, changed, removedTopics, unreadable } = await upkeep.run(run);
      return `${examined} profiles examined, ${changed} changed, ${removedTopics} topics removed, ${unreadable} profiles unreadable`;
    },
  };
}
