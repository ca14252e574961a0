/** Callbacks as Dintero signs them, for `paidonce golive`. */
import type { GatewayProof, ProofMessage, ProvedPayment, SignedBy } from '../gateway-proof.ts';
import type { DinteroSettings } from './settings.ts';
import { signCallback } from './signature.ts';
import { callbackUrl } from './urls.ts';
import { baseOf } from '../shared/public-urls.ts';

export const DINTERO_PROOF: GatewayProof<DinteroSettings> = {
  signatureHeader: 'dintero-signature',
  callback: (settings, about, signed) => signedBy(settings, urlAbout(settings, about, signed), signed),
  // The signature covers no body, and a callback with `method=POST` has the transaction in it.
  withUnsignedClaim: (settings, about, signed) => ({
    ...signedBy(settings, urlAbout(settings, about, signed), signed, 'POST'),
    body: JSON.stringify({ status: 'CAPTURED', merchant_reference: about.orderReference }),
  }),
  foreign(settings, signed) {
    const ids = { sessionId: `${settings.accountId}.golive`, transactionId: `${settings.accountId}.golive` };
    const url = urlWith(`${baseOf(settings.publicUrl)}/callbacks/dintero`, 'of-another-shop', ids, signed);
    return signedBy(settings, url, signed);
  },
  changed: (message) => [
    { what: 'one more parameter', message: { ...message, path: `${message.path}&amount=1` } },
    { what: 'a parameter removed', message: { ...message, path: message.path.replace(/&time=[^&]*/, '') } },
    {
      what: 'another session in the query',
      message: { ...message, path: message.path.replace(/(session_id=[^&]*)/, '$1x') },
    },
    {
      what: 'another order in the query',
      message: { ...message, path: message.path.replace(/(merchant_reference=[^&]*)/, '$1x') },
    },
    { what: 'another method', message: { ...message, method: 'POST' } },
  ],
};

function urlAbout({ publicUrl }: DinteroSettings, about: ProvedPayment, signed: SignedBy): URL {
  return urlWith(callbackUrl(baseOf(publicUrl), about), about.orderReference, about, signed);
}

function urlWith(
  base: string,
  reference: string,
  { sessionId, transactionId }: { readonly sessionId: string; readonly transactionId: string | null },
  { at }: SignedBy,
): URL {
  const url = new URL(base);
  url.searchParams.set('merchant_reference', reference);
  if (transactionId !== null) url.searchParams.set('transaction_id', transactionId);
  url.searchParams.set('session_id', sessionId);
  url.searchParams.set('time', at.toISOString());
  return url;
}

function signedBy(
  { accountId, publicUrl, signatureSecrets }: DinteroSettings,
  { href }: URL,
  { at, deliveryId, secret = signatureSecrets[0] ?? '' }: SignedBy,
  method: ProofMessage['method'] = 'GET',
): ProofMessage {
  const timestamp = Math.floor(at.getTime() / 1_000);
  return {
    method,
    path: href.slice(baseOf(publicUrl).length),
    headers: {
      'dintero-signature': signCallback({ method, url: href, accountId, secret, timestamp }),
      'event-delivery': deliveryId,
    },
    body: '',
  };
}
