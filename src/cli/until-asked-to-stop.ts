/** Resolves at SIGTERM, SIGINT or the end of the parent process. */
export function untilAskedToStop(): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
      process.once(signal, () => resolve(null));
  });
}
