/** The figures of this process beside the thresholds of their alerts. */
import { z } from 'zod';
import { judgeFigures, sweepAlert, type Judged } from '../../health/alerts.ts';
import { oldestSweepMs } from '../../health/figure-checks.ts';
import { figuresOf, type Figures } from '../../health/figures.ts';
import type { Service } from '../../service.ts';

const figure = z
  .object({
    name: z.string().meta({ description: 'As in /metrics' }),
    labels: z.record(z.string(), z.string()),
    means: z.string(),
    value: z.number().nullable().meta({ description: 'Null if it is not known' }),
    unit: z.enum(['seconds', 'count', 'yes or no']).meta({ description: '`yes or no`: 1 or 0' }),
    alertAbove: z.number().nullable(),
    alertBelow: z.number().nullable(),
    state: z.enum(['ok', 'alert', 'unknown']),
    severity: z.enum(['page', 'ticket']).meta({ description: '`page`: a person has to act at once' }),
  })
  .meta({ id: 'AlertFigure' });

export const figuresAnswer = z.object({ data: z.array(figure) });

export async function listFigures(
  { metrics, gateways, config }: Pick<Service, 'metrics' | 'gateways' | 'config'>,
  now: Date,
): Promise<z.infer<typeof figuresAnswer>['data']> {
  const figures = await figuresOf(metrics.registry);
  const ofSweeps = gateways.all.flatMap(({ id: gateway, listings }) =>
    listings.flatMap((listing) =>
      judgeFigures(only(figures, { gateway, listing: listing.name }), now, [
        sweepAlert(oldestSweepMs(listing, config.SWEEP_INTERVAL)),
      ]),
    ),
  );
  return [...judgeFigures(figures, now), ...ofSweeps].map(viewFigure);
}

function only(figures: Figures, wanted: Readonly<Record<string, string>>): Figures {
  const isWanted = (labels: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([name, value]) => labels[name] === value);
  return {
    of: (name) => figures.of(name, wanted),
    all: (name) => figures.all(name).filter(({ labels }) => isWanted(labels)),
  };
}

function viewFigure({ threshold, labels, value, ...rest }: Judged): z.infer<typeof figure> {
  return {
    ...rest,
    labels: { ...labels },
    value: value === null ? null : Math.round(value * 10) / 10,
    alertAbove: 'above' in threshold ? threshold.above : null,
    alertBelow: 'below' in threshold ? threshold.below : null,
  };
}

export const figuresExample: z.infer<typeof figuresAnswer> = {
  data: [
    {
      name: 'paidonce_outbox_oldest_seconds',
      labels: {},
      means: 'age of the oldest update that the shop has not acknowledged',
      value: 41.2,
      unit: 'seconds',
      alertAbove: 600,
      alertBelow: null,
      state: 'ok',
      severity: 'ticket',
    },
  ],
};
