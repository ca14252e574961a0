import express from 'express';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { findOrder, takeUpdate } from './orders.js';

const webhook = new Webhook(process.env.ORDER_WEBHOOK_SECRET);
const app = express();

// raw, since the signature covers the bytes: no express.json() may come before.
app.post('/updates', express.raw({ type: '*/*', limit: '1mb' }), (request, response) => {
  const update = webhook.verify(request.body, request.headers);
  takeUpdate(request.headers['webhook-id'], update);
  response.sendStatus(204); // only now: 2xx ends the retries
});

app.get('/orders/:reference', (request, response) => {
  const order = findOrder(request.params.reference);
  response.status(order ? 200 : 404).json(order ?? { status: 'UNKNOWN' });
});

app.use((error, request, response, next) => {
  if (error instanceof WebhookVerificationError) return response.sendStatus(401);
  next(error); // 500: paidonce sends it again
});

app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1');
