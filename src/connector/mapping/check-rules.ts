import type { Mistakes, Path } from '../documents/mistakes.ts';
import type { YamlSource } from '../documents/yaml-source.ts';
import { BadText } from './bad-text.ts';
import type { WhenContent } from './conditions-schema.ts';
import { compileExpression } from './expression.ts';
import { compilePath } from './path.ts';
import type { RuleContent, StepContent } from './rules-schema.ts';
import type { MappingContent } from './schema.ts';
import { compileStep } from './steps.ts';

/**
 * Adds a mistake for every rule and hold that cannot be compiled, at the very character where its text goes wrong.
 * @returns whether there was none
 */
export function checkRules(content: MappingContent, source: YamlSource, mistakes: Mistakes): boolean {
  const { rules = [], holds = [] } = content;
  const check = new Check(source, mistakes);
  for (const [index, rule] of rules.entries()) checkRule(rule, ['rules', index], check);
  const names = new Set<string>();
  for (const [index, { name, when }] of holds.entries()) {
    const at: Path = ['holds', index];
    if (names.has(name)) check.add([...at, 'name'], `the name "${name}" is given twice; give each hold its own`);
    names.add(name);
    checkWhen(when, [...at, 'when'], check);
  }
  return check.clean;
}

/** Tells mistakes of one file. */
class Check {
  readonly #source: YamlSource;
  readonly #mistakes: Mistakes;
  clean = true;

  constructor(source: YamlSource, mistakes: Mistakes) {
    this.#source = source;
    this.#mistakes = mistakes;
  }

  add(path: Path, says: string, offset?: number): void {
    this.clean = false;
    const spot = offset === undefined ? this.#source.spot(path) : this.#source.spotWithin(path, offset);
    this.#mistakes.add({ file: this.#source.file, ...spot, path, says, example: null });
  }

  compiles(path: Path, compile: () => unknown): void {
    try {
      compile();
    } catch (thrown) {
      if (!(thrown instanceof BadText)) throw thrown;
      this.add(path, thrown.message, thrown.offset);
    }
  }
}

function checkRule(rule: RuleContent, at: Path, check: Check): void {
  const { to, from, expr, each, id, then, when } = rule;
  if ((from === undefined) === (expr === undefined))
    check.add(at, 'says where the text comes from by either `from` or `expr`, exactly one of them');
  const ofLines = to.startsWith('line.');
  if (ofLines && each === undefined)
    check.add([...at, 'to'], 'is set line by line; expected `each`, which says where the lines stand in the record');
  if (!ofLines && (each ?? id) !== undefined)
    check.add(at, '`each` and `id` are for rules of lines; expected a target that begins with line.');
  for (const [name, path] of Object.entries({ from, each, id }))
    if (path !== undefined) check.compiles([...at, name], () => compilePath(path));
  if (expr !== undefined) check.compiles([...at, 'expr'], () => compileExpression(expr));
  checkSteps(then, [...at, 'then'], check);
  checkWhen(when, [...at, 'when'], check);
}

function checkSteps(then: RuleContent['then'], at: Path, check: Check): void {
  const compiled = (step: StepContent, path: Path): void => check.compiles(path, () => compileStep(step, () => null));
  if (Array.isArray(then)) for (const [index, step] of then.entries()) compiled(step, [...at, index]);
  else if (then !== undefined) compiled(then, at);
}

function checkWhen(when: WhenContent | undefined, at: Path, check: Check): void {
  if (when === undefined) return;
  if ('expr' in when) check.compiles([...at, 'expr'], () => compileExpression(when.expr));
  else if (Array.isArray(when))
    for (const [index, { path }] of when.entries()) check.compiles([...at, index, 'path'], () => compilePath(path));
  else check.compiles([...at, 'path'], () => compilePath(when.path));
}
