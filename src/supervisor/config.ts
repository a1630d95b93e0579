// The daemon's configuration file: YAML in compose's manner, read, checked and made into a target.
//
// Guarantee: what comes back is whole and usable, or every mistake is told at once, each with file,
// line, column and field. Nothing is taken by halves, no unknown field is passed over.

import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { LockError } from '../errors.js';
import { readWhole, whyOf } from '../files.js';
import { appTarget } from './target/app.js';
import { configFile, type Listen } from './target/config-file.js';
import { digestOf } from './target/digest.js';
import type { FleetConfig } from './target/fleet.js';
import { lacking } from './target/needs.js';
import { fieldName, problemsOf, type Problem } from './target/problems.js';
import type { TargetState } from './target/types.js';
import { parseYaml, type Place } from './target/yaml.js';

export type { Listen };

const MOST_BYTES = 2 ** 20;
const MOST_LINES = 50;

/** What the daemon is told by its file. All paths are absolute. */
export interface Config {
  /** Where it was read. */
  file: string;
  target: TargetState;
  /** Of the target alone: a comment or another `listen` does not change it. */
  digest: string;
  /** Where `tmp/balena-supervisor` lies. */
  root: string;
  /** The daemon's own directory. */
  state: string;
  driver: 'process' | 'container';
  /** The engine's socket, if one is named. */
  socket?: string;
  listen: Listen;
  keyFile: string;
  /** Argument lists; what is not there cannot be asked for. The hostname is appended to its own. */
  commands: { reboot?: string[]; shutdown?: string[]; hostname?: string[] };
  /** Where updates wait for their turn among many devices, if they do. */
  fleet?: FleetConfig;
}

/**
 * Reads the file. LockError (ERR_TARGET) with one line for each mistake:
 * `/etc/lockbridge.yaml:14:5: apps.1.services.pump.command: expected a list of words or a string, got …`.
 */
export function readConfig(file: string): Config {
  const path = resolve(file);
  const yaml = parseYaml(textOf(path));
  if (yaml.problems.length > 0) throw unusable(path, yaml.problems);
  const { value } = yaml;
  const located = (found: readonly Problem[]): LockError =>
    unusable(
      path,
      found.map((problem) => ({ ...problem, place: yaml.placeOf(problem.path) })),
    );
  const { data, error } = configFile(dirname(path)).safeParse(value);
  if (error !== undefined) throw located(problemsOf(error, value));
  const apps = data.apps.map(({ app, written }) => appTarget(app, written));
  const needed = lacking(apps, data.driver, (service) => service.name);
  if (needed.length > 0) throw located(needed);
  const { name = hostname(), config } = data;
  const target = { name, config, apps };
  const { root, state, driver, socket, commands, fleet } = data;
  const { listen, 'key-file': keyFile = join(state, 'api.key') } = data.api;
  const own = { file: path, root, state, driver, listen, keyFile, commands };
  // Of the name as written: another host name is no other file.
  const digest = digestOf({ name: data.name, config, apps });
  const more = { ...(socket !== undefined && { socket }), ...(fleet && { fleet }) };
  return { ...own, target, digest, ...more };
}

// A link is followed: the file is the operator's, and ConfigMaps are links.
function textOf(path: string): string {
  const failed = (why: string, cause?: unknown): LockError =>
    new LockError('ERR_TARGET', `cannot read '${path}': ${why}`, { path, cause });
  try {
    const whole = readWhole(path, MOST_BYTES, true);
    if (whole !== undefined) return whole.text;
  } catch (error) {
    throw failed(whyOf(error), error);
  }
  throw failed('there is no such file; name the configuration with --config');
}

function unusable(path: string, problems: readonly (Problem & { place: Place })[]): LockError {
  const ordered = [...problems].sort(
    (a, b) => a.place.line - b.place.line || a.place.col - b.place.col,
  );
  const lines = ordered.slice(0, MOST_LINES).map(({ path: field, text, place }) => {
    const what = field.length === 0 ? text : `${fieldName(field)}: ${text}`;
    return `${path}:${String(place.line)}:${String(place.col)}: ${what}`;
  });
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`${path}: and ${String(more)} more`);
  return new LockError('ERR_TARGET', lines.join('\n'), { path });
}
