// The config variable by which updates ignore locks, under every name that it has had.

/** In the order in which they win: the first that is set decides. */
export const OVERRIDE_NAMES = [
  'SUPERVISOR_OVERRIDE_LOCK',
  'BALENA_SUPERVISOR_OVERRIDE_LOCK',
  'RESIN_SUPERVISOR_OVERRIDE_LOCK',
  'RESIN_OVERRIDE_LOCK',
  'BALENA_OVERRIDE_LOCK',
] as const;

/** True for `1`, `true` and `on` in any case; false for any other value; undefined if none is set. */
export function overrideIn(config: Readonly<Record<string, string>>): boolean | undefined {
  const name = OVERRIDE_NAMES.find((one) => Object.hasOwn(config, one));
  const value = name === undefined ? undefined : config[name];
  return value === undefined ? undefined : /^(1|true|on)$/i.test(value.trim());
}
