import type { RawRequest } from '../../../src/gateways/verification.ts';

/**
 * Copies of a callback whose body is signed, which its signature does not cover. `sign`: a signature by another
 * secret.
 */
export function forgedInBody(
  callback: RawRequest,
  header: string,
  sign: (body: Buffer, secret: string) => string,
): RawRequest[] {
  const { headers, body } = callback;
  const { [header]: signature = '', ...unsigned } = headers;
  const withSignature = (value: string) => ({ ...callback, headers: { ...headers, [header]: value } });
  return [
    { ...callback, headers: unsigned },
    withSignature(''),
    withSignature('nonsense'),
    withSignature(sign(body, 'a-secret-of-somebody-else')),
    withSignature(signature.replace(/[0-9a-f]{8}$/, '00000000')),
    { ...callback, body: Buffer.from(body.toString().replace(/[a-y](?=[^a-z]*$)/, 'z')) },
    { ...callback, body: Buffer.concat([body, Buffer.from(' ')]) },
  ];
}
