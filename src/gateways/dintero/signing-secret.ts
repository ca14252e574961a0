/** The secret with which Dintero signs session callbacks. */
import { z } from 'zod';
import type { DinteroClient } from './client.ts';
import { shownField } from '../shared/gateway-fields.ts';
import { expected, unclear } from './parse-answer.ts';

export interface SigningSecret {
  readonly secret: string;
  readonly createdAt?: string;
}

const signatureSchema = z.object({
  created_at: shownField(100),
  signature: z.object({ secret: z.string().min(1) }),
});

const PATH = '/v1/admin/signature';

/** The current secret, or null if the account has none yet. */
export function readSigningSecret(client: DinteroClient): Promise<SigningSecret | null> {
  return ask(client, 'GET');
}

/** Creates a new secret, which replaces the current one. */
export async function createSigningSecret(client: DinteroClient): Promise<SigningSecret> {
  const created = await ask(client, 'POST');
  if (created === null) throw unclear('create signature', 'answered 404');
  return created;
}

async function ask(client: DinteroClient, method: 'GET' | 'POST'): Promise<SigningSecret | null> {
  const operation = method === 'GET' ? 'read signature' : 'create signature';
  const answer = await client({ operation, method, path: PATH });
  if (answer.status === 404) return null;
  const { created_at: createdAt, signature } = expected(signatureSchema, operation, answer);
  return { secret: signature.secret, ...(createdAt !== undefined && { createdAt }) };
}
