// Prints the closing line of a test run, "N passed, N failed, N skipped", over vitest's JSON report
// and the JUnit files in a directory: count-tests.mjs VITEST.json JUNIT_DIRECTORY

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const NONE = { passed: 0, failed: 0, skipped: 0 };

function vitest(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  // A file that does not load counts as a failure although no test of it ran.
  const broken = report.testResults.filter(
    (one) => one.status === 'failed' && one.assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

// Only the counts, which JUnit has as attributes of each suite.
function junit(file) {
  const suites = readFileSync(file, 'utf8').match(/<testsuite\s[^>]*>/g) ?? [];
  return suites.map((suite) => {
    const count = (name) => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    const failed = count('failures') + count('errors');
    const skipped = count('skipped');
    return { passed: count('tests') - failed - skipped, failed, skipped };
  });
}

// No report: the run broke off before there was one, which is a failure too.
const [json = '', directory = ''] = process.argv.slice(2);
const files = existsSync(directory) ? readdirSync(directory).filter((f) => f.endsWith('.xml')) : [];
const counts = [
  existsSync(json) ? vitest(json) : { ...NONE, failed: 1 },
  ...(files.length === 0
    ? [{ ...NONE, failed: 1 }]
    : files.flatMap((file) => junit(join(directory, file)))),
];
const sum = (name) => counts.reduce((total, one) => total + one[name], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
