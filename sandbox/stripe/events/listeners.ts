/** `stripe listen`: Stripe's command-line tool gets the events over a web socket, and forwards them itself. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { StripeLedger } from '../records/stripe-ledger.ts';
import { bodyOf, signed } from './event-envelope.ts';
import type { Waiting } from './event-book.ts';

const PATH = '/stripecli/subscribe';

interface Session {
  readonly wantsSnapshots: boolean;
  readonly wantsThin: boolean;
  socket: WebSocket | undefined;
}

export class Listeners {
  readonly #secrets: readonly string[];
  readonly #sessions = new Map<string, Session>();
  readonly #server = new WebSocketServer({ noServer: true });

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  /** Opens a session, as `POST /v1/stripecli/sessions` answers it. */
  open(features: readonly string[], publicUrl: string, apiVersion: string): object {
    const id = `cliws_${randomUUID().replaceAll('-', '')}`;
    const wantsThin = features.some((feature) => feature !== 'webhooks');
    this.#sessions.set(id, { wantsSnapshots: features.includes('webhooks'), wantsThin, socket: undefined });
    return {
      default_version: apiVersion,
      device_token: '',
      display_connect_filter_warning: false,
      latest_version: apiVersion,
      reconnect_delay: 3_600,
      secret: this.#secrets[0],
      websocket_authorized_feature: features.join(','),
      websocket_id: id,
      websocket_url: `${publicUrl.replace(/^http/, 'ws')}${PATH}`,
    };
  }

  /** Takes the web sockets of the sessions. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const session = this.#sessions.get(String(request.headers['websocket-id']));
      if (session === undefined || request.url?.startsWith(PATH) !== true) {
        const body = JSON.stringify({ error: { message: 'Unknown WebSocket ID.' } });
        socket.end(`HTTP/1.1 404 Not Found\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (opened) => {
        session.socket = opened;
        // Its acknowledgements are not needed: nothing is tried again, as at Stripe.
        opened.on('error', () => {});
      });
    });
  }

  tell(waiting: readonly Waiting[], { thins }: Pick<StripeLedger, 'thins'>): void {
    for (const { socket, wantsSnapshots, wantsThin } of this.#sessions.values()) {
      if (socket === undefined || socket.readyState !== socket.OPEN) continue;
      for (const { record, plan } of waiting) {
        const thin = thins.get(record.thinId ?? '');
        if (wantsSnapshots) socket.send(this.#snapshot(record.event, plan));
        if (wantsThin && thin !== undefined) socket.send(this.#thin(thin, plan));
      }
    }
  }

  close(): void {
    for (const { socket } of this.#sessions.values()) socket?.terminate();
    this.#sessions.clear();
    this.#server.close();
  }

  #snapshot(event: object, plan: Waiting['plan']): string {
    const body = bodyOf({ ...event, pending_webhooks: 1 }, plan);
    return JSON.stringify({
      type: 'webhook_event',
      endpoint: { api_version: null },
      event_payload: body,
      http_headers: this.#headers(body, plan),
      webhook_conversation_id: randomUUID(),
      webhook_id: randomUUID(),
    });
  }

  #thin(event: object, plan: Waiting['plan']): string {
    const payload = bodyOf(event, plan);
    const http_headers = this.#headers(payload, plan);
    return JSON.stringify({ type: 'v2_event', payload, http_headers, destination_id: 'ed_sandbox' });
  }

  #headers(body: string, plan: Waiting['plan']): Record<string, string> {
    const now = Date.now();
    const createdAt = new Date(now).toISOString();
    return {
      'Content-Type': 'application/json; charset=utf-8',
      'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      ...signed({ plan, body, createdAt }, this.#secrets.slice(0, 1), now),
    };
  }
}
