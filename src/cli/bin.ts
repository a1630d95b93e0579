#!/usr/bin/env node
// The executable: turns the exit code of main() into the process's.

import { main } from './main.js';

process.exitCode = await main(process.argv.slice(2));
