// Prints the closing line of a test run, "N passed, N failed, N skipped", from vitest's JSON report.

import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const skipped = report.numPendingTests + report.numTodoTests;
// A file that does not load counts as a failure although no test of it ran.
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
console.log(
  `${report.numPassedTests} passed, ${report.numFailedTests + broken} failed, ${skipped} skipped`,
);
