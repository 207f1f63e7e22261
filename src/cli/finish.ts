/** So long may what was left open keep an ended command from ending. */
const LINGER_MS = 2_000;

/** Ends the program with this code once its output is written. */
export function finish(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), LINGER_MS).unref();
}
