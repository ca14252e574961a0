import Fastify from 'fastify';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { findOrder, takeUpdate } from './orders.js';

const webhook = new Webhook(process.env.ORDER_WEBHOOK_SECRET);
const app = Fastify();

// Inside of a plugin, so that the other routes of the shop still get parsed JSON.
app.register(async (scope) => {
  // The signature covers the bytes.
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  scope.post('/updates', async (request, reply) => {
    const update = webhook.verify(request.body, request.headers);
    takeUpdate(request.headers['webhook-id'], update);
    return reply.code(204).send(); // only now: 2xx ends the retries
  });
  scope.setErrorHandler((error, _, reply) => {
    reply.code(error instanceof WebhookVerificationError ? 401 : (error.statusCode ?? 500)).send();
  });
});

app.get('/orders/:reference', async (request, reply) => {
  const order = findOrder(request.params.reference);
  return reply.code(order ? 200 : 404).send(order ?? { status: 'UNKNOWN' });
});

await app.listen({ port: Number(process.env.PORT ?? 4000), host: '127.0.0.1' });
