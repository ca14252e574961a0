import type { RawRequest } from '../../../src/gateways/verification.ts';
import type { Receiver } from '../../sandbox/sandbox-client.ts';

type Received = Receiver['received'][number];

/** What a receiver has got, as the API hands it to a gateway. */
export function received(receiver: Receiver, isMeant: (request: Received) => boolean): RawRequest[] {
  return receiver.received.filter(isMeant).map(toRawRequest);
}

export function toRawRequest({ method, target, headers, body }: Received): RawRequest {
  return {
    method,
    target,
    headers: headers as Record<string, string>,
    body: Buffer.from(body),
    receivedAt: new Date(),
  };
}
