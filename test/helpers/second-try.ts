// Names the tests that failed and then passed: each is a defect of the test or of the code, found
// under load. A run that needed it is not quite green.

import type { Reporter, TestCase } from 'vitest/node';

export class SecondTries implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return;
    const [first] = test.result().errors ?? [];
    const why = first?.message.split('\n')[0] ?? 'no reason given';
    this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}: ${why}`);
  }

  onTestRunEnd(): void {
    if (this.#names.length === 0) return;
    console.log(`\n${String(this.#names.length)} passed at the second try only:`);
    for (const name of this.#names) console.log(`  ${name}`);
  }
}
