import { z, type ZodType } from 'zod';
import type { Path } from './mistakes.ts';

/** What a schema tells a person about one of its fields. */
export interface Hints {
  /** The `description` of the field, else null. */
  description(path: Path): string | null;
  /** The first of the field's `examples`, else of the nearest field around it, written as one line of YAML. */
  example(path: Path): string | null;
  /** The keys that the map at this path knows. */
  keys(path: Path): readonly string[];
}

type Node = z.core.JSONSchema._JSONSchema;
type Schema = Exclude<Node, boolean>;

/** Hints from the schema's own metadata (`.meta({ description, examples })`), by way of its JSON Schema. */
export function hintsOf(schema: ZodType): Hints {
  const root: Node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
  return {
    description: (path) => first(nodesAt(root, path), (node) => node.description) ?? null,
    example(path) {
      for (let length = path.length; length >= 0; length--) {
        const found = first(nodesAt(root, path.slice(0, length)), (node) => node.examples?.[0]);
        if (found !== undefined) return flow(found);
      }
      return null;
    },
    keys: (path) => [...new Set(nodesAt(root, path).flatMap((node) => Object.keys(node.properties ?? {})))],
  };
}

/** All alternatives of the schema that may hold the value at the path. */
function nodesAt(root: Node, path: Path): Schema[] {
  let nodes = alternatives(root);
  for (const part of path) {
    nodes = nodes.flatMap((node) => {
      const inner = typeof part === 'number' ? node.items : (node.properties?.[part] ?? node.additionalProperties);
      return inner === undefined || Array.isArray(inner) ? [] : alternatives(inner);
    });
  }
  return nodes;
}

function alternatives(node: Node): Schema[] {
  if (typeof node === 'boolean') return [];
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  return [node, ...inner.flatMap(alternatives)];
}

function first<T>(nodes: readonly Schema[], pick: (node: Schema) => T | undefined): T | undefined {
  for (const node of nodes) {
    const found = pick(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value as one line of YAML, in which plain words need no quotes. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${flow(key)}: ${flow(inner)}`)
      .join(', ')} }`;
  }
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z_/.][\w./:@ -]*$/.test(value) && !/: |^(true|false|null)$/.test(value)
    ? value
    : JSON.stringify(value);
}
