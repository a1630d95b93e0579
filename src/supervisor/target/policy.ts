// An app's update policy, written the same way in the configuration file and over the API.

import { z } from 'zod';
import { choice, duration, text } from './fields.js';
import { formatDuration } from './duration.js';
import { fields, refuse } from './problems.js';
import type { MaintenanceWindow, UpdatePolicy } from './types.js';
import { windowProblem } from './windows.js';

const LONGEST = 366 * 86_400_000;

const window = fields({
  cron: text,
  for: duration.refine((length) => length > 0 && length <= LONGEST, {
    error: () => 'a duration of more than nothing and at most 366d',
  }),
  timezone: text.exactOptional(),
}).transform(({ cron, for: length, timezone }, context): MaintenanceWindow => {
  const made = { cron, length, ...(timezone !== undefined && { timezone }) };
  const problem = windowProblem(made);
  if (problem !== undefined) refuse(context, [problem.field], problem.text);
  return made;
});

/** The fields of `update:`; without the data directory, which is the app's own field. */
export const policy: z.ZodType<UpdatePolicy> = fields({
  'max-wait': duration.exactOptional(),
  then: choice('give-up', 'force').default('give-up'),
  'exited-services': choice('held', 'stale').default('held'),
  windows: z
    .array(window, { error: () => 'a list' })
    .max(32, { error: () => 'at most 32 windows' })
    .default([]),
}).transform((written, context): UpdatePolicy => {
  const { 'max-wait': maxWait, then, 'exited-services': exitedServices, windows } = written;
  if (then === 'force' && maxWait === undefined)
    refuse(
      context,
      ['then'],
      '"force" needs a "max-wait": say how long services are waited for before',
    );
  return { then, windows, exitedServices, ...(maxWait !== undefined && { maxWait }) };
});

/** What an app has that names no policy: it waits for ever, at any time of day. */
export const NO_POLICY: UpdatePolicy = { then: 'give-up', windows: [], exitedServices: 'held' };

/** A policy as `policy` reads it. */
export function writePolicy(update: UpdatePolicy): Record<string, unknown> {
  const { maxWait, then, windows, exitedServices } = update;
  return {
    ...(maxWait !== undefined && { 'max-wait': formatDuration(maxWait) }),
    then,
    'exited-services': exitedServices,
    windows: windows.map(({ length, ...rest }) => ({ ...rest, for: formatDuration(length) })),
  };
}
