import type { Instant } from '../../src/domain/time.ts';
import { dateTime, gid, readGid } from './sandbox-ids.ts';
import type { ShopState } from './sandbox-state.ts';
import type { Plain } from './sandbox-writing.ts';

/** A webhook subscription as Shopify shows it, or null. */
export function subscriptionNode(state: ShopState, number: number): Plain | null {
  const found = state.subscriptions.find((each) => each.number === number);
  if (!found) return null;
  const at = dateTime(found.at);
  return {
    __typename: 'WebhookSubscription',
    id: gid('WebhookSubscription', number),
    topic: found.topic,
    uri: found.uri,
    format: 'JSON',
    includeFields: [],
    filter: '',
    name: null,
    createdAt: at,
    updatedAt: at,
  };
}

/** Refuses an address that is not https and a second subscription of the same topic to the same address. */
export function addSubscription(state: ShopState, at: Instant, topic: string, input: Plain): Plain {
  const uri = input['uri'];
  if (typeof uri !== 'string' || uri === '') return failed(['webhookSubscription', 'uri'], "Address can't be blank");
  // Loopback is what a sandbox has; the real Shopify insists on https.
  if (!/^(https:|http:\/\/(127\.0\.0\.1|localhost)[:/])/.test(uri))
    return failed(['webhookSubscription', 'uri'], `Address protocol http:// is not supported`);
  if (state.subscriptions.some((each) => each.topic === topic && each.uri === uri))
    return failed(['webhookSubscription', 'uri'], 'Address for this topic has already been taken');
  const number = state.count();
  state.subscriptions.push({ number, topic, uri, at });
  return { webhookSubscription: subscriptionNode(state, number), userErrors: [] };
}

export function changeSubscription(state: ShopState, id: string, input: Plain): Plain {
  const number = Number(readGid(id)?.tail);
  if (!subscriptionNode(state, number)) return failed(['id'], 'Webhook subscription does not exist');
  const uri = input['uri'];
  if (typeof uri === 'string')
    state.subscriptions = state.subscriptions.map((each) => (each.number === number ? { ...each, uri } : each));
  return { webhookSubscription: subscriptionNode(state, number), userErrors: [] };
}

export function dropSubscription(state: ShopState, id: string): Plain {
  const number = Number(readGid(id)?.tail);
  if (!subscriptionNode(state, number))
    return {
      deletedWebhookSubscriptionId: null,
      userErrors: [{ __typename: 'UserError', field: ['id'], message: 'Webhook subscription does not exist' }],
    };
  state.subscriptions = state.subscriptions.filter((each) => each.number !== number);
  return { deletedWebhookSubscriptionId: id, userErrors: [] };
}

function failed(field: readonly string[], message: string): Plain {
  return { webhookSubscription: null, userErrors: [{ __typename: 'UserError', field, message }] };
}
