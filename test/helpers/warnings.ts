// Process warnings since the last look, kept on globalThis so that every module copy shares them.

const KEY = Symbol.for('lockbridge.test.warnings');
const shared = globalThis as { [KEY]?: string[] };

/** Starts to listen; once per process. */
export function collectWarnings(): void {
  if (shared[KEY] !== undefined) return;
  const seen: string[] = (shared[KEY] = []);
  process.on('warning', (warning: Error & { code?: string }) => {
    seen.push(`${warning.code ?? warning.name}: ${warning.message}`);
  });
}

/** The warnings seen so far; they are forgotten, so the test does not fail for them. */
export function takeWarnings(): string[] {
  return shared[KEY]?.splice(0) ?? [];
}
