/** Updates that a shop must refuse. Each is made from one that it would accept. */
import { randomBytes } from 'node:crypto';
import { signedMessage, type MerchantEndpoint, type SignedMessage } from '../../updates/signed-message.ts';
import type { Question } from './check.ts';
import type { UnsignedUpdate } from './test-order.ts';

export interface Forgery extends Question {
  readonly message: SignedMessage;
}

type Endpoint = Pick<MerchantEndpoint, 'url' | 'secrets'>;

const TEN_MINUTES_MS = 600_000;
const VERIFY =
  'verify with a library for Standard Webhooks, and answer 401 before anything of the body is used';
const TIME = `${VERIFY}; a timestamp more than five minutes away is refused, or a recorded update could be sent again later`;
const BYTES = `${VERIFY}; the signature covers the bytes of the body as they came: verify before a framework parses it`;

/** A secret that the shop does not know. */
export function anotherSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** The forgeries of an update, all of them made at `now`. */
export function forgeriesOf(endpoint: Endpoint, update: UnsignedUpdate, now: Date): readonly Forgery[] {
  const right = signedMessage(endpoint, update, now);
  const signedAt = (ms: number) => signedMessage(endpoint, update, new Date(now.getTime() + ms));
  return [
    ...withoutSignature(right),
    refused(
      'wrong-secret',
      'signed with another secret',
      VERIFY,
      signedMessage({ ...endpoint, secrets: [anotherSecret()] }, update, now),
    ),
    ...changedAfterwards(right),
    refused('stale', 'that was signed ten minutes ago', TIME, signedAt(-TEN_MINUTES_MS)),
    refused('future', 'that was signed ten minutes in the future', TIME, signedAt(TEN_MINUTES_MS)),
  ];
}

function withoutSignature(right: SignedMessage): Forgery[] {
  const signature = right.headers['webhook-signature'] ?? '';
  const ofAnotherVersion = signature.replaceAll(/(^| )v1,/g, '$1v2,');
  return [
    refused('unsigned', 'with no signature at all', VERIFY, without(right, ...HEADERS)),
    ...HEADERS.map((name) =>
      refused(`no-${name}`, `without the header ${name}`, VERIFY, without(right, name)),
    ),
    refused(
      'empty-signature',
      'with an empty signature',
      VERIFY,
      changed(right, { 'webhook-signature': '' }),
    ),
    refused(
      'unknown-signature',
      'with only a signature of another version (v2)',
      `${VERIFY}; only signatures that begin with v1, count`,
      changed(right, { 'webhook-signature': ofAnotherVersion }),
    ),
  ];
}

function changedAfterwards(right: SignedMessage): Forgery[] {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = right.headers;
  const later = String(Number(timestamp) + 1);
  const body = right.body.replace(/"sequence":\d+/, '"sequence":99');
  return [
    refused('changed-body', 'whose body was changed', BYTES, { ...right, body }),
    refused('changed-bytes', 'whose body has one more blank', BYTES, { ...right, body: `${right.body} ` }),
    refused('changed-id', 'whose id was changed', VERIFY, changed(right, { 'webhook-id': `${id}-2` })),
    refused(
      'changed-timestamp',
      'whose timestamp was changed',
      VERIFY,
      changed(right, { 'webhook-timestamp': later }),
    ),
  ];
}

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

function refused(id: string, what: string, advice: string, message: SignedMessage): Forgery {
  return { id, title: `refuses an update ${what}`, advice, message };
}

function changed(message: SignedMessage, headers: Record<string, string>): SignedMessage {
  return { ...message, headers: { ...message.headers, ...headers } };
}

function without(message: SignedMessage, ...names: readonly string[]): SignedMessage {
  const kept = Object.entries(message.headers).filter(([name]) => !names.includes(name));
  return { ...message, headers: Object.fromEntries(kept) };
}
