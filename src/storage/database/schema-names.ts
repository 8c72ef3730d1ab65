/**
 * Names of what belongs to the gateways of one schema, outside that schema. Gateways in other schemas of the database,
 * or with the same Redis, have others.
 */

/** The schema of the job queue. */
export function jobSchemaOf(schema: string): string {
  return schema === 'public' ? 'pgboss' : `${schema}_jobs`;
}

/** The channel on which replicas notify each other. */
export function busChannelOf(schema: string): string {
  return schema === 'public' ? 'bellwether_profiles' : `bellwether_profiles_${schema}`;
}
