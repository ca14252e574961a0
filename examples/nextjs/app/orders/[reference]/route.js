import { findOrder } from '../../../orders.js';

export const dynamic = 'force-dynamic';

export async function GET(_, { params }) {
  const order = findOrder((await params).reference);
  return Response.json(order ?? { status: 'UNKNOWN' }, { status: order ? 200 : 404 });
}
