import { commands } from './commands/index.ts';
import { helpOf, parseCall, type Command } from './command.ts';
import { EXIT, failureOf, type ExitCode } from './exit-code.ts';
import type { Screen } from './screen.ts';

/** Runs one command line, the words after `crossdock`. Never throws: what goes wrong is told, and is in the exit code. */
export async function runCli(args: readonly string[], screen: Screen): Promise<ExitCode> {
  const found = find(args);
  if (found === null) return overview(args, screen);
  const { command, rest } = found;
  const asked = rest.includes('--json');
  try {
    const call = parseCall(command, rest, screen);
    if (call.flag('help')) {
      for (const line of helpOf(command)) screen.out(line);
      return EXIT.ok;
    }
    return await command.run(call);
  } catch (thrown) {
    const { exit, code, message, remedy } = failureOf(thrown);
    if (asked) screen.out(JSON.stringify({ error: { code, message, remedy } }, null, 2));
    else {
      screen.note(message);
      if (remedy !== null) screen.note(remedy);
    }
    return exit;
  }
}

function find(args: readonly string[]): { command: Command; rest: readonly string[] } | null {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return null;
}

function overview(args: readonly string[], screen: Screen): ExitCode {
  const [first] = args;
  const all = first === undefined || first === '--help' || first === 'help';
  const shown = all ? commands : commands.filter(({ name }) => name.startsWith(`${first} `));
  const asked = all || (shown.length > 0 && args.slice(1).every((arg) => arg === '--help'));
  const say = asked ? screen.out : screen.note;
  if (!asked)
    say(
      `There is no command "${args
        .filter((arg) => !arg.startsWith('-'))
        .slice(0, 2)
        .join(' ')}".`,
    );
  const listed = (shown.length > 0 ? shown : commands).map(({ name, operands, about }) => ({
    left: [name, ...operands].join(' '),
    about,
  }));
  const width = Math.max(...listed.map(({ left }) => left.length));
  for (const { left, about } of listed) say(`  crossdock ${left.padEnd(width)}  ${about}`);
  say('Each command has --help with an example, --json and --config FILE.');
  return asked ? EXIT.ok : EXIT.usage;
}
