/** What `stripe listen` does: it opens a session, and gets the events over a web socket. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { until } from '../sandbox-client.ts';
import { aSession, startStripeSandbox, type StripeSandboxClient } from './stripe-client.ts';

let sandbox: StripeSandboxClient;
beforeAll(async () => {
  sandbox = await startStripeSandbox();
});
afterAll(() => sandbox.close());

interface Message {
  readonly type: string;
  readonly event_payload: string;
  readonly payload: string;
  readonly http_headers: Readonly<Record<string, string>>;
}

it('gets signed snapshots and thin events', async () => {
  const form = 'device_name=here&websocket_features[]=webhooks&websocket_features[]=v2_events';
  const session = await (await sandbox.raw('POST', '/v1/stripecli/sessions', form)).json();
  const messages: Message[] = [];
  const address = `${session.websocket_url}?websocket_feature=${session.websocket_authorized_feature}`;
  const socket = new WebSocket(address, { headers: { 'Websocket-Id': session.websocket_id } });
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message));
  await new Promise((resolve) => socket.once('open', resolve));
  const { id } = await sandbox.stripe.checkout.sessions.create(aSession());
  await sandbox.sim(`/sessions/${id}/pay`, { outcome: 'authorize' });
  await until(() => messages.length === 10);
  const [snapshot, thin] = messages;
  const { webhooks } = sandbox.stripe;
  const signed = (message: Message | undefined) => message?.http_headers['stripe-signature'] ?? '';
  expect(webhooks.constructEvent(snapshot?.event_payload ?? '', signed(snapshot), session.secret).type).toBe(
    'payment_intent.created',
  );
  const notification = sandbox.stripe.parseEventNotification(
    thin?.payload ?? '',
    signed(thin),
    session.secret,
  );
  expect(notification.type).toBe('v1.payment_intent.created');
  socket.terminate();
});

it('is refused without a session', async () => {
  const { host } = new URL(sandbox.url);
  const socket = new WebSocket(`ws://${host}/stripecli/subscribe`, { headers: { 'Websocket-Id': 'none' } });
  await expect(new Promise((_, reject) => socket.once('error', reject))).rejects.toThrow('404');
});
