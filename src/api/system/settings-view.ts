/** The settings in effect, and variables that have none. */
import { z } from 'zod';
import type { Config } from '../../config/config.ts';

const setting = z
  .object({
    name: z.string(),
    value: z.string().nullable().meta({
      description: 'As it may be written. Of a secret only `set`, or `set (2 values)`. Null if it is unset',
    }),
    source: z
      .enum(['environment', 'file', 'default', 'unset'])
      .meta({ description: '`file`: it is given by NAME_FILE' }),
    isSecret: z.boolean(),
  })
  .meta({ id: 'Setting' });

export const settingsAnswer = z.object({
  data: z.array(setting).meta({
    description:
      'Every variable of the core and of the configured gateways, as the process that answers has it',
  }),
  unknown: z
    .array(
      z.object({
        name: z.string(),
        nearest: z.string().nullable().meta({ description: 'The variable that was probably meant' }),
      }),
    )
    .meta({ description: 'Variables that look like ours, are not known and have no effect' }),
});

export function viewSettings({
  settings,
  unknownVariables,
}: Pick<Config, 'settings' | 'unknownVariables'>): z.infer<typeof settingsAnswer> {
  return {
    data: [...settings],
    unknown: unknownVariables.map(({ name, nearest = null }) => ({ name, nearest })),
  };
}

export const settingsExample: z.infer<typeof settingsAnswer> = {
  data: [
    { name: 'SWEEP_INTERVAL', value: '5m', source: 'default', isSecret: false },
    { name: 'ORDER_WEBHOOK_SECRETS', value: 'set (2 values)', source: 'file', isSecret: true },
  ],
  unknown: [{ name: 'SWEEP_INTERVALL', nearest: 'SWEEP_INTERVAL' }],
};
