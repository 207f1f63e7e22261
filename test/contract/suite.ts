import { describe, it } from '@jest/globals';
import type { LedgerDocument } from '../../src/domain/fulfillment.ts';
import { ledgerRules, type LedgerSubject } from './ledger-rules.ts';
import { providerRules, type ProviderSubject } from './provider-rules.ts';
import type { Rule } from './rig.ts';
import { sinkRules, type SinkSubject } from './sink-rules.ts';
import { sourceRules } from './source-rules.ts';
import type { SourceSubject } from './source-subject.ts';
import { webhookRules, type WebhookSubject } from './webhook-rules.ts';

export type { LedgerSubject } from './ledger-rules.ts';
export type { ProviderSubject } from './provider-rules.ts';
export type { Remote } from './rig.ts';
export type { SinkSubject } from './sink-rules.ts';
export type { Known, SourceSubject } from './source-subject.ts';
export type { Delivery, WebhookSubject } from './webhook-rules.ts';

/** A connector's capabilities, each as a subject of the rules of its shape. */
export interface Contract {
  readonly name: string;
  readonly sources?: readonly SourceSubject<unknown>[];
  readonly sinks?: readonly SinkSubject<unknown>[];
  /** These keep the rules of sinks as well, and are not named among them. */
  readonly provider?: ProviderSubject;
  readonly ledgers?: readonly LedgerSubject[];
  readonly webhooks?: WebhookSubject;
}

/** Registers as tests every rule that a connector must keep: what makes it trustworthy. Called by its `contract.test.ts`. */
export function contractSuite({ name, sources = [], sinks = [], provider, ledgers = [], webhooks }: Contract): void {
  describe(`the contract of ${name}`, () => {
    for (const source of sources) register(source.name, sourceRules, source);
    for (const sink of sinks) register(sink.name, sinkRules, sink);
    if (provider) {
      register(provider.name, sinkRules, provider);
      register(`${provider.name}, as one who ships`, providerRules, provider);
    }
    for (const ledger of ledgers) {
      register<SinkSubject<LedgerDocument>>(ledger.name, sinkRules, ledger);
      register(`${ledger.name}, as books`, ledgerRules, ledger);
    }
    if (webhooks) register(webhooks.name, webhookRules, webhooks);
  });
}

const LONGEST_MS = 60_000;

function register<Subject>(name: string, rules: readonly Rule<Subject>[], subject: Subject): void {
  describe(name, () => {
    for (const rule of rules) {
      if (rule.applies?.(subject) ?? true) it(rule.title, () => rule.run(subject), LONGEST_MS);
    }
  });
}
