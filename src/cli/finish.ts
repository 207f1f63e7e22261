/** Ends the program with this code once its output is written, whatever it has left open. */
export function finish(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
