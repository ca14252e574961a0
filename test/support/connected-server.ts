/** A Temporal server with connections of a client and of Workers. */
import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../../src/config/payload-keys.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { startDevServer } from './dev-server.ts';
import { quietRuntime } from './workers.ts';
import { addSearchAttributes, startTimeSkippingServer } from './time-skipping.ts';

export interface ConnectedServer {
  readonly client: Client;
  readonly native: NativeConnection;
  /** Lets time pass, where the clock can be moved. @throws Error where it can't */
  sleep(ms: number): Promise<void>;
  /** The server's clock, in milliseconds since the epoch. */
  now(): Promise<number>;
  close(): Promise<void>;
}

/**
 * `real`: the server of `npm start`, for a client with these keys. `skipping`: its clock runs ahead while
 * nothing happens.
 */
export function startServer(
  time: 'real' | 'skipping',
  dynamicConfig: readonly string[] = [],
  keys: PayloadKeys = NO_PAYLOAD_KEYS,
  around: readonly WorkflowClientInterceptor[] = [],
): Promise<ConnectedServer> {
  quietRuntime();
  return time === 'real' ? realTime(dynamicConfig, keys, around) : skippedTime();
}

async function realTime(
  dynamicConfig: readonly string[],
  keys: PayloadKeys,
  around: readonly WorkflowClientInterceptor[],
): Promise<ConnectedServer> {
  const server = await startDevServer(dynamicConfig);
  const { address } = server;
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  return {
    client: new Client({
      connection,
      dataConverter: { payloadCodecs: [createPayloadCodec(keys)] },
      interceptors: { workflow: [...around] },
    }),
    native,
    sleep: () => Promise.reject(new Error('time passes by itself here')),
    now: () => Promise.resolve(Date.now()),
    async close() {
      await native.close();
      await connection.close();
      await server.close();
    },
  };
}

async function skippedTime(): Promise<ConnectedServer> {
  const env = await startTimeSkippingServer();
  await addSearchAttributes(env);
  const { client, nativeConnection: native } = env;
  return {
    client,
    native,
    sleep: (ms) => env.sleep(ms),
    now: () => env.currentTimeMs(),
    close: () => env.teardown(),
  };
}
