/** Adds up the reports of all test runners and prints the last line of a CI run. */
import { readFileSync } from 'node:fs';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
}

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  if (file.endsWith('.log')) {
    // forge's last line: "Ran 9 test suites in 1s: 50 tests passed, 0 failed, 0 skipped (50 total tests)".
    // Ours: "49230 passed, 0 failed, 4585 skipped", with or without what was skipped.
    const text = readFileSync(file, 'utf8');
    const ours = [...text.matchAll(/^(\d+) passed, (\d+) failed(?:, \d+ skipped)?$/gm)];
    const counts = /: (\d+) tests passed, (\d+) failed/.exec(text) ?? ours.at(-1);
    if (counts) passed += Number(counts[1]);
    failed += counts ? Number(counts[2]) : 1;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  passed += report.numPassedTests;
  // A suite that can't be loaded has no tests to count, and is a failure all the same.
  failed += Math.max(report.numFailedTests, report.numFailedTestSuites);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
