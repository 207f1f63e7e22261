import { parseArgs } from 'node:util';
import { UsageError, type ExitCode } from './exit-code.ts';
import type { Screen } from './screen.ts';

/** An option of a command, as it is parsed and as it is explained. */
export interface Option {
  /** What its value is called in the help, e.g. `SKU`; absent = a switch. */
  readonly value?: string;
  readonly about: string;
}

/** One operator command. */
export interface Command {
  /** As it is typed, e.g. `orders list`. */
  readonly name: string;
  /** What it does, in one line. */
  readonly about: string;
  /** Names of what follows it, e.g. `<number|id>`; the last may end in `…`, and one in brackets may be left out. */
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  run(call: Call): Promise<ExitCode>;
}

/** What every command understands. */
const ALWAYS: Readonly<Record<string, Option>> = {
  config: { value: 'FILE', about: 'the configuration file (default: config/sandbox.yaml)' },
  json: { about: 'print one JSON document' },
  help: { about: 'explain the command' },
};

/** A command line that was understood, and where its answer goes. */
export class Call {
  readonly screen: Screen;
  readonly operands: readonly string[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(screen: Screen, operands: readonly string[], values: Readonly<Record<string, unknown>>) {
    this.screen = screen;
    this.operands = operands;
    this.#values = values;
  }

  text(option: string): string | undefined {
    const value = this.#values[option];
    return typeof value === 'string' ? value : undefined;
  }

  flag(option: string): boolean {
    return this.#values[option] === true;
  }

  /** A whole number above zero. @throws UsageError for anything else. */
  count(option: string, otherwise: number): number {
    const text = this.text(option);
    if (text === undefined) return otherwise;
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new UsageError(
      `--${option} is "${text}": expected a whole number above zero, for example --${option} ${otherwise}`,
    );
  }

  get configFile(): string {
    return this.text('config') ?? 'config/sandbox.yaml';
  }

  get json(): boolean {
    return this.flag('json');
  }

  /** Prints the answer: the lines for a person, or the value as one JSON document. */
  answer(value: unknown, lines: () => readonly string[]): void {
    if (this.json) this.screen.out(JSON.stringify(value, null, 2));
    else for (const line of lines()) this.screen.out(line);
  }
}

/** @throws UsageError that names the option or operand at fault. */
export function parseCall(command: Command, args: readonly string[], screen: Screen): Call {
  const known = { ...command.options, ...ALWAYS };
  const options = Object.fromEntries(
    Object.entries(known).map(([name, option]) => [
      name,
      { type: option.value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  let parsed: { values: Readonly<Record<string, unknown>>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new UsageError(`${reason}\nSee: crossdock ${command.name} --help`);
  }
  const call = new Call(screen, parsed.positionals, parsed.values);
  if (call.flag('help')) return call;
  const least = command.operands.filter((operand) => !operand.startsWith('[')).length;
  const most = command.operands.some((operand) => operand.includes('…')) ? Infinity : command.operands.length;
  if (parsed.positionals.length < least || parsed.positionals.length > most) {
    const expected = command.operands.length === 0 ? 'nothing more' : command.operands.join(' ');
    const given = parsed.positionals.length === 0 ? 'nothing' : `"${parsed.positionals.join(' ')}"`;
    throw new UsageError(
      `crossdock ${command.name}: expected ${expected}, found ${given}.\nSee: crossdock ${command.name} --help`,
    );
  }
  return call;
}

/** What `--help` prints. */
export function helpOf(command: Command): string[] {
  const all = Object.entries({ ...command.options, ...ALWAYS }).map(([name, { value, about }]) => ({
    left: `--${name}${value === undefined ? '' : ` ${value}`}`,
    about,
  }));
  const width = Math.max(...all.map(({ left }) => left.length));
  return [
    `${command.about}`,
    '',
    `  crossdock ${[command.name, ...command.operands].join(' ')} [options]`,
    '',
    'Options',
    ...all.map(({ left, about }) => `  ${left.padEnd(width)}  ${about}`),
    '',
    'Examples',
    ...command.examples.map((example) => `  ${example}`),
    '',
    'Exit codes: 0 done · 1 an invariant is broken, or refused · 2 command line or configuration · 3 a remote or the store is away',
  ];
}
