import { BellwetherError } from '../lib/errors.js';

/** The reason of a failure in one line. Prisma's text around the message of the database is left out. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { meta, cause } = error as Error & { readonly meta?: { readonly driverAdapterError?: unknown } };
  if (error instanceof BellwetherError && cause !== undefined) return `${error.message} ${reasonOf(cause)}`;
  const told = meta?.driverAdapterError ?? (error.name === 'DriverAdapterError' ? cause : undefined);
  if (told instanceof Error) return reasonOf(told);
  if (typeof told === 'object' && told !== null) {
    const { originalMessage } = told as { readonly originalMessage?: unknown };
    if (typeof originalMessage === 'string') return originalMessage;
  }
  return error.message;
}
