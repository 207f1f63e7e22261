/**
 * A jest reporter whose last line is the result in a form that any program can read: `N passed, N failed, N skipped`.
 * A file that could not be run at all counts as one failure: its tests are not among the others.
 */
export default class ClosingLine {
  /** @param {unknown} _contexts @param {import('@jest/reporters').AggregatedResult} results */
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `\n${String(results.numPassedTests)} passed, ${String(failed)} failed, ${String(skipped)} skipped\n`;
    // jest's own summary is written after every reporter's last turn.
    process.once('exit', () => process.stdout.write(line));
  }
}
