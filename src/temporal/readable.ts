/** Makes what Temporal has answered readable: payloads are decrypted, failures have their texts again. */
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';

/**
 * Changes a history, or a description of a run, in place: the client decodes neither.
 * @throws UnreadablePayload
 */
export async function makeReadable(message: object, codec: PayloadCodec): Promise<void> {
  for (const [name, inner] of Object.entries(message)) {
    if (typeof inner !== 'object' || inner === null || ArrayBuffer.isView(inner)) continue;
    if (isPayload(inner)) Object.assign(message, { [name]: (await codec.decode([inner]))[0] });
    else await makeReadable(inner as object, codec);
  }
  const { encodedAttributes: encoded } = message as { encodedAttributes?: Payload | null };
  if (encoded) Object.assign(message, textsOf(encoded));
}

function isPayload(value: object): value is Payload {
  const { metadata } = value as { metadata?: { encoding?: unknown } | null };
  return metadata?.encoding instanceof Uint8Array;
}

/** The texts that the failure converter has put into a payload. */
function textsOf(encoded: Payload): { message?: string; stackTrace?: string } {
  const { message, stack_trace: stackTrace } = defaultPayloadConverter.fromPayload<Partial<Encoded>>(encoded);
  return {
    ...(message !== undefined && { message }),
    ...(stackTrace !== undefined && { stackTrace }),
  };
}

/** As `DefaultFailureConverter` names them. */
interface Encoded {
  readonly message: string;
  readonly stack_trace: string;
}
