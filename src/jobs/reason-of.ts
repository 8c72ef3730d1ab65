/** Why something failed, in the words of whoever knows best: Prisma puts its own before those of the database. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { meta, cause } = error as Error & { readonly meta?: { readonly driverAdapterError?: unknown } };
  const told = meta?.driverAdapterError ?? (error.name === 'DriverAdapterError' ? cause : undefined);
  if (told instanceof Error) return reasonOf(told);
  if (typeof told === 'object' && told !== null) {
    const { originalMessage } = told as { readonly originalMessage?: unknown };
    if (typeof originalMessage === 'string') return originalMessage;
  }
  return error.message;
}
