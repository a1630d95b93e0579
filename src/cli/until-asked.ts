// The end of a command that runs in the foreground until somebody asks it to end.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves at the first such signal. Still listening after it: where nobody does, signal-exit ends the
 * process at once, in the middle of whatever is being closed. That is what a second signal is for.
 */
export async function untilAskedToEnd(): Promise<void> {
  let asked = false;
  await new Promise<void>((resolve) => {
    const listener = (): void => {
      if (asked) for (const signal of SIGNALS) process.off(signal, listener);
      asked = true;
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, listener);
  });
}
