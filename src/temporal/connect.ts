import { readFileSync } from 'node:fs';
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isRetryableError,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import type { ConnectionOptions, WorkflowClientInterceptor } from '@temporalio/client';
import type { PayloadKeys } from '../config/payload-keys.ts';
import { createPayloadCodec } from './payload-codec.ts';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Interceptor>;

export interface TemporalSettings {
  readonly TEMPORAL_ADDRESS: string;
  readonly TEMPORAL_NAMESPACE: string;
  readonly TEMPORAL_API_KEY?: string | undefined;
  readonly TEMPORAL_TLS_CERT?: string | undefined;
  readonly TEMPORAL_TLS_KEY?: string | undefined;
  readonly TEMPORAL_TLS_CA?: string | undefined;
}

/** What a client needs besides: its calls have payloads. */
export interface ClientSettings extends TemporalSettings {
  readonly PAYLOAD_KEYS: PayloadKeys;
}

const CANCELLED = 1;
const RESOURCE_EXHAUSTED = 8;
const MOST_ATTEMPTS = 3;

/**
 * A client that works without a server at first, gives up soon, and reconnects soon after an outage (1.9 s
 * instead of 18.8 s).
 */
export function connectClient(
  settings: ClientSettings,
  interceptors: readonly WorkflowClientInterceptor[] = [],
): { client: Client; connection: Connection } {
  const options = { ...defaultGrpcRetryOptions({ maxAttempts: MOST_ATTEMPTS }) };
  const connection = Connection.lazy({
    ...addressed(settings),
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.min_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2_000,
    },
    interceptors: [
      makeGrpcRetryInterceptor({
        ...options,
        // RESOURCE_EXHAUSTED needs a pause, not a retry.
        retryableDecider: (attempt, status) =>
          attempt < MOST_ATTEMPTS && !isExhausted(status.code) && isRetryableError(status),
      }),
      cancelWhenClosed,
    ],
  });
  const { TEMPORAL_NAMESPACE: namespace, PAYLOAD_KEYS: keys } = settings;
  const dataConverter = { payloadCodecs: [createPayloadCodec(keys)] };
  const around = { interceptors: { workflow: [...interceptors] } };
  return { connection, client: new Client({ connection, namespace, dataConverter, ...around }) };
}

/**
 * A retry that is due after `close()` would throw in a timer, where it can't be caught. It ends as cancelled
 * instead.
 */
const cancelWhenClosed: Interceptor = (options, nextCall) => {
  try {
    return nextCall(options) as Call;
  } catch (error) {
    return cancelledCall(String(error));
  }
};

/** The parts of gRPC's call interface that a call needs which is over from the start. */
function cancelledCall(details: string): Call {
  const nothing = () => undefined;
  const start: Call['start'] = (metadata, listener) => {
    listener?.onReceiveMessage?.(null);
    listener?.onReceiveStatus?.({ code: CANCELLED, details, metadata });
  };
  return {
    start,
    sendMessage: nothing,
    halfClose: nothing,
    startRead: nothing,
    cancelWithStatus: nothing,
  } as unknown as Call;
}

function isExhausted(code: number): boolean {
  return code === RESOURCE_EXHAUSTED;
}

/** The address and credentials, for either kind of connection. */
export function addressed(settings: TemporalSettings): {
  address: string;
  tls?: boolean | object;
  apiKey?: string;
} {
  const {
    TEMPORAL_API_KEY: apiKey,
    TEMPORAL_TLS_CERT: cert,
    TEMPORAL_TLS_KEY: key,
    TEMPORAL_TLS_CA: ca,
  } = settings;
  const isMutual = cert !== undefined && key !== undefined;
  const tls = {
    ...(ca !== undefined && { serverRootCACertificate: readFileSync(ca) }),
    ...(isMutual && { clientCertPair: { crt: readFileSync(cert), key: readFileSync(key) } }),
  };
  const isEncrypted = apiKey !== undefined || isMutual || ca !== undefined;
  return {
    address: settings.TEMPORAL_ADDRESS,
    ...(isEncrypted && { tls }),
    ...(apiKey !== undefined && { apiKey }),
  };
}
