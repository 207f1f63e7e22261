/** Where a command writes. */
export interface Screen {
  /** A line of the result, to standard output. */
  out(line: string): void;
  /** A line beside the result, to standard error. */
  note(line: string): void;
  /** Whether a person watches standard error, so that bars may be drawn on it. */
  readonly live: boolean;
}

/** The screen of this process. A reader that goes away (`| head`) ends the command in silence. */
export function openScreen(): Screen {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    out: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
    live: process.stderr.isTTY === true,
  };
}
