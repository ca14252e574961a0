/**
 * Decodes what is sent to workflows. A payload that can't be decoded becomes undefined: an error here would
 * block the run forever.
 */
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: decoded as PayloadConverter['fromPayload'],
};

function decoded(payload: Payload): unknown {
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}
