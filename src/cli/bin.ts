#!/usr/bin/env node
// The executable: turns the exit code of main() into the process's.

import { main } from './main.js';

// `| head` has read enough: no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main(process.argv.slice(2));
