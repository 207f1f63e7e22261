import { SyncError } from '../../domain/errors.ts';
import { contentHash, type Sku } from '../../domain/ids.ts';
import { checkSource } from '../documents/check.ts';
import { Mistakes, pathText } from '../documents/mistakes.ts';
import { readYaml, type YamlSource } from '../documents/yaml-source.ts';
import { checkRules } from './check-rules.ts';
import type { CodeTable, Mapping } from './mapping.ts';
import { compileRules } from './rules.ts';
import { mappingSchema, type MappingContent } from './schema.ts';

/**
 * A mapping from its YAML text. Its version follows from what it says: comments, order and spelling of the YAML do not matter.
 * @throws SyncError `config` that lists every mistake with file, line, column, what was expected and an example.
 */
export function parseMapping(text: string, file: string): Mapping {
  const mistakes = new Mistakes();
  const { content, source } = readMapping(text, file, mistakes);
  mistakes.throwAny();
  return mappingOf(content, source);
}

/** What a mapping file says and where; empty where it is wrong, and then the mistakes say why. */
export function readMapping(
  text: string,
  file: string,
  mistakes: Mistakes,
): { content: MappingContent; source: YamlSource } {
  const source = readYaml(text, file, mistakes);
  // An empty file maps nothing, which is a fair beginning.
  const content = checkSource(source, mappingSchema, mistakes, { value: source.value ?? {} });
  if (content !== undefined) {
    checkKits(content, source, mistakes);
    // What cannot be compiled has its mistake; nobody is to compile it again.
    if (!checkRules(content, source, mistakes)) return { content: { ...content, rules: [], holds: [] }, source };
  }
  return { content: content ?? {}, source };
}

type Listing = ReturnType<Mapping['listing']>;

const CALLED: Readonly<Record<CodeTable, { readonly noun: string; readonly code: string }>> = {
  payments: { noun: 'payment method', code: 'unmapped-payment' },
  locations: { noun: 'location', code: 'unmapped-location' },
  listings: { noun: 'listing', code: 'unmapped-listing' },
  carriers: { noun: 'carrier', code: 'unmapped-carrier' },
  methods: { noun: 'shipping method', code: 'unmapped-method' },
  taxes: { noun: 'tax', code: 'unmapped-tax' },
  returns: { noun: 'return reason', code: 'unmapped-return' },
};

const CODE_TABLES = ['payments', 'locations', 'listings', 'carriers', 'methods', 'taxes', 'returns'] as const;

// What a remote sends decides how many SKUs are seen; past this many the rest is made anew each time.
const REMEMBERED = 50_000;

/**
 * A mapping that says what the content says. Every look-up is one or two in a Map.
 * @param source where it was read from, so that a rule that fails can say where it stands
 */
export function mappingOf(content: MappingContent, source: YamlSource | null = null): Mapping {
  const listings = new Map<Sku, Listing>();
  for (const [name, made] of Object.entries(content.listings ?? {})) {
    if ('kit' in made) {
      const components = Object.entries(made.kit).map(([sku, quantity]) => ({ sku, quantity }));
      listings.set(name, { sku: name, components });
    } else {
      listings.set(name, { sku: made.sku, components: [{ sku: made.sku, quantity: made.quantity ?? 1 }] });
    }
  }
  const codes: Readonly<Record<CodeTable, ReadonlyMap<string, string>>> = {
    payments: new Map(Object.entries(content.payments ?? {})),
    locations: new Map(Object.entries(content.locations ?? {})),
    carriers: new Map(Object.entries(content.carriers ?? {})),
    methods: new Map(Object.entries(content.methods ?? {})),
    taxes: new Map(Object.entries(content.taxes ?? {})),
    returns: new Map(Object.entries(content.returns ?? {})),
    listings: new Map([...listings].map(([name, { sku }]) => [name, sku])),
  };
  const remotes = new Map<CodeTable, Map<string, string>>();
  for (const table of CODE_TABLES) {
    const inverse = new Map<string, string>();
    for (const [remote, ours] of codes[table]) if (remote !== '*' && !inverse.has(ours)) inverse.set(ours, remote);
    remotes.set(table, inverse);
  }
  const partOf = new Map<Sku, string[]>();
  for (const [name, { components }] of listings)
    for (const { sku } of components) partOf.set(sku, [...(partOf.get(sku) ?? []), name]);
  const unlisted = new Map<Sku, Listing>();

  function code(table: CodeTable, remote: string): string | null {
    return codes[table].get(remote) ?? codes[table].get('*') ?? null;
  }
  const listing = (sku: Sku): Listing => {
    const known = listings.get(sku) ?? unlisted.get(sku);
    if (known !== undefined) return known;
    const itself: Listing = { sku, components: [{ sku, quantity: 1 }] };
    if (unlisted.size < REMEMBERED) unlisted.set(sku, itself);
    return itself;
  };
  const rules = compileRules(content, { code, listing }, (path) =>
    source === null ? pathText(path) : `${source.file}:${source.spot(path).line}`,
  );
  return {
    ...(rules === null ? {} : { rules }),
    version: contentHash(canonical(content)),
    code,
    remote: (table, ours) => remotes.get(table)?.get(ours) ?? null,
    listing,
    listingsOf: (sku) => [...(listings.has(sku) ? [] : [sku]), ...(partOf.get(sku) ?? [])],
    require(table, remote, field) {
      const found = code(table, remote);
      if (found !== null) return found;
      const called = CALLED[table];
      throw new SyncError(
        'data',
        `${field}: the ${called.noun} ${JSON.stringify(remote.slice(0, 100))} is not mapped`,
        {
          code: called.code,
          field,
          needs: [`${table}/${remote}`],
          remedy: `Add ${JSON.stringify(remote.slice(0, 100))} to \`${table}\` of this connection's mapping. What is parked for it then goes on by itself.`,
        },
      );
    },
  };
}

/** A kit is counted by what lies on the shelf, so it cannot be made of kits. */
function checkKits(content: MappingContent, source: YamlSource, mistakes: Mistakes): void {
  const listings = content.listings ?? {};
  for (const [listing, made] of Object.entries(listings)) {
    if (!('kit' in made)) continue;
    for (const component of Object.keys(made.kit)) {
      const inner = listings[component];
      if (inner === undefined || !('kit' in inner)) continue;
      const path = ['listings', listing, 'kit', component];
      const says = 'is a kit itself; a kit is made of SKUs that lie on a shelf, so write its components out';
      mistakes.add({ file: source.file, ...source.spot(path, 'key'), path, says, example: null });
    }
  }
}

/** JSON with the keys of every object in code-unit order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
