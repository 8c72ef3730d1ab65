import type { ProfileUpkeep } from '../profiles/profile-upkeep.js';
import type { Job } from './job.js';

export function profileUpkeepJob(upkeep: Pick<ProfileUpkeep, 'run'>): Job {
  return {
    name: 'profile-upkeep',
    description: 'Forget what has faded from the profiles of people who are not active.',
    everySeconds: 86_400,
    run: async (run) => {
      const { looked, changed, forgotten } = await upkeep.run(run);
      return `${looked} profiles looked at, ${changed} changed, ${forgotten} topics forgotten`;
    },
  };
}
