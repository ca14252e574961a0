import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { takeUpdate } from '../../orders.js';

export async function POST(request) {
  const body = await request.text(); // not json(): the signature covers the bytes
  try {
    const webhook = new Webhook(process.env.ORDER_WEBHOOK_SECRET);
    const update = webhook.verify(body, Object.fromEntries(request.headers));
    takeUpdate(request.headers.get('webhook-id'), update);
  } catch (error) {
    if (error instanceof WebhookVerificationError) return new Response(null, { status: 401 });
    throw error; // 500: paidonce sends it again
  }
  return new Response(null, { status: 204 }); // only now: 2xx ends the retries
}
