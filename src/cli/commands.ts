// Every command by its name. Each is loaded when it is called for: all of them together take ten
// times as long as Node itself.

import type { Command } from './types.js';

export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.js')).runCommand,
  status: async () => (await import('./status.js')).statusCommand,
  explain: async () => (await import('./explain.js')).explainCommand,
  ls: async () => (await import('./ls.js')).lsCommand,
  watch: async () => (await import('./watch.js')).watchCommand,
  wait: async () => (await import('./wait.js')).waitCommand,
  break: async () => (await import('./break.js')).breakCommand,
  sweep: async () => (await import('./sweep.js')).sweepCommand,
  supervise: async () => (await import('./supervise.js')).superviseCommand,
  update: async () => (await import('./update.js')).updateCommand,
  override: async () => (await import('./override.js')).overrideCommand,
  fleet: async () => (await import('./fleet.js')).fleetCommand,
  history: async () => (await import('./history.js')).historyCommand,
  doctor: async () => (await import('./doctor.js')).doctorCommand,
  matrix: async () => (await import('./matrix.js')).matrixCommand,
  peers: async () => (await import('./peers.js')).peersCommand,
  completion: async () => (await import('./completion.js')).completionCommand,
  help: async () => (await import('./help.js')).helpCommand,
};
