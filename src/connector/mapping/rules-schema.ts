import { z } from 'zod';
import { expr, path, when } from './conditions-schema.ts';

const TABLES = ['payments', 'locations', 'carriers', 'methods', 'taxes', 'returns'] as const;

/** What a rule may set, beside `attributes.<name>`, `personal.attributes.<name>` and `line.attributes.<name>`. Money is none of them. */
const TARGET = /^(method|note|line\.listing|(personal\.|line\.)?attributes\.[\w-]{1,60})$/;

const step = z
  .union([
    z.enum(['trim', 'lower', 'upper']),
    z.strictObject({ default: z.string().min(1) }),
    z.strictObject({ table: z.enum(TABLES) }),
    z.strictObject({ map: z.record(z.string().min(1), z.string().min(1)) }),
    z.strictObject({ prefix: z.string().min(1) }),
    z.strictObject({ suffix: z.string().min(1) }),
    z.strictObject({ cut: z.int().min(1).max(1_000) }),
    z.strictObject({ date: z.string().min(1) }),
  ])
  .meta({
    description:
      'one of trim, lower, upper, { default: text }, { table: name }, { map: … }, { prefix: text }, { suffix: text }, { cut: length }, { date: time zone }',
    examples: ['trim'],
  });

const rule = z.strictObject({
  to: z
    .string()
    .regex(TARGET)
    .meta({
      description:
        'one of method, note, attributes.<name>, personal.attributes.<name>, line.listing, line.attributes.<name>',
      examples: ['attributes.campaign'],
    }),
  from: path.optional(),
  expr: expr.optional(),
  then: z
    .union([step, z.array(step).min(1)])
    .meta({ description: 'what is done with the text, in turn', examples: [['trim', 'lower']] })
    .optional(),
  when: when.optional(),
  each: path
    .meta({ description: 'where the list of lines stands in the record', examples: ['lineItems.nodes'] })
    .optional(),
  id: path
    .meta({ description: 'where in a line of the record its id stands (default: id)', examples: ['id'] })
    .optional(),
});

const hold = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/)
    .meta({ description: 'a name in small letters, by which a person lets it go', examples: ['large-order'] }),
  because: z
    .string()
    .min(1)
    .max(200)
    .meta({ description: 'why the order waits, for a person', examples: ['Over 1,000: look at it first'] }),
  for: z
    .string()
    .regex(/^[1-9]\d{0,4}(m|h|d)$/)
    .meta({
      description: 'how long from the moment it was placed, in m, h or d; without it, until a person lets it go',
      examples: ['30m'],
    })
    .optional(),
  who: z
    .enum(['operations', 'finance', 'admins'])
    .meta({ description: 'who is to look: operations, finance or admins', examples: ['operations'] })
    .optional(),
  when: when.optional(),
});

export const rules = z
  .array(rule)
  .meta({
    description:
      'What the order gets beside what the connector reads, from the record. In turn; the last one that gives a text stands.',
  })
  .optional();

export const holds = z
  .array(hold)
  .meta({ description: 'When an order waits before it is handed on. Without `when`, every order.' })
  .optional();

export type StepContent = z.output<typeof step>;
export type RuleContent = z.output<typeof rule>;
export type HoldContent = z.output<typeof hold>;
