/** Everything that can be broken on purpose: the switches of the sandboxes and of the demo shop. */
import type { SandboxFault } from '../../gateways/sandbox-fault.ts';
import { Refusal } from '../refusal.ts';
import type { Behaviour, DemoShop } from './demo-shop.ts';
import type { Sandboxes, Stand } from './sandboxes.ts';

export interface Fault extends Pick<SandboxFault, 'summary' | 'watch' | 'page'> {
  /** `<gateway>.<name>` or `shop.<name>`. */
  readonly id: string;
  /** What breaks, for people. */
  readonly of: string;
  readonly isOn: boolean;
}

interface Switch extends Fault {
  readonly turn: (isOn: boolean) => Promise<void>;
}

interface ShopFault extends Pick<SandboxFault, 'name' | 'summary' | 'watch' | 'page'> {
  readonly mode: string;
  readonly ms?: number;
}

const SHOP_FAULTS: readonly ShopFault[] = [
  {
    name: 'errors',
    mode: 'error',
    summary: 'The shop answers every update with 500.',
    watch:
      'Make an order: it is paid, and the shop does not know. After four attempts it needs somebody. Turn it off, and the shop hears of it by itself.',
    page: '/updates?state=pending',
  },
  {
    name: 'hangs',
    mode: 'hang',
    summary: 'The shop takes an update, and never answers.',
    watch: 'As with 500, each attempt until its time is over.',
    page: '/updates?state=pending',
  },
  {
    name: 'gone',
    mode: 'gone',
    summary: 'The shop answers 410: it wants no updates.',
    watch: 'An update is tried once and needs somebody at once: no attempt follows before a person sends it.',
    page: '',
  },
  {
    name: 'slow',
    mode: 'slow',
    ms: 4_000,
    summary: 'The shop takes four seconds for each answer.',
    watch: 'The time from payment to the shop grows in the chart. Nothing is sent twice for it.',
    page: '/numbers',
  },
];

const UNHEARD = {
  summary: 'The shop answers 500 about the sample orders that it is not to hear of.',
  watch: 'It is turned on with the sample orders. Turn it off, and the shop hears of them by itself.',
  page: '/updates?state=pending',
};

const WELL: Behaviour = { mode: 'ok' };

export class Faults {
  readonly #sandboxes: Sandboxes;
  readonly #shop: DemoShop;
  #unheard: readonly string[] = [];

  constructor(sandboxes: Sandboxes, shop: DemoShop) {
    this.#sandboxes = sandboxes;
    this.#shop = shop;
  }

  /** @throws Refusal `no_sandbox` | SandboxRefused */
  async list(): Promise<readonly Fault[]> {
    return this.#switches();
  }

  /** @throws Refusal `no_sandbox`, `not_found` | SandboxRefused */
  async turn(id: string, isOn: boolean): Promise<readonly Fault[]> {
    const all = await this.#switches();
    const found = all.find((one) => one.id === id);
    if (found === undefined)
      throw new Refusal(
        'not_found',
        `there is no such fault; there are ${all.map((one) => one.id).join(', ')}`,
      );
    await found.turn(isOn);
    return this.#switches();
  }

  /** Ends all of them. @throws Refusal `no_sandbox` | SandboxRefused */
  async repair(): Promise<readonly Fault[]> {
    for (const { sandbox } of await this.#sandboxes.all()) await sandbox.repair();
    if ((await this.#shop.behaviour()) !== null) await this.#shop.behave(WELL);
    return this.#switches();
  }

  /** Whether a shop is there that is not broken in another way. */
  async canDeafen(): Promise<boolean> {
    const now = await this.#shop.behaviour();
    return now?.mode === 'ok' || now?.orders !== undefined;
  }

  /** The shop hears nothing of these orders. @throws Error where it does not answer */
  async deafen(orders: readonly string[]): Promise<void> {
    this.#unheard = orders;
    if (orders.length > 0) await this.#shop.behave({ mode: 'error', orders: [...orders] });
  }

  async #switches(): Promise<readonly Switch[]> {
    const stands = await this.#sandboxes.all();
    const ofSandboxes = await Promise.all(stands.map(switchesOf));
    return [...(await this.#ofShop()), ...ofSandboxes.flat()];
  }

  async #ofShop(): Promise<readonly Switch[]> {
    const now = await this.#shop.behaviour();
    if (now === null) return [];
    const turning = (as: Behaviour, isOn: boolean) => ({
      of: 'Demo shop',
      isOn,
      // Its behaviours are positions of one switch: the end of one must not end another.
      turn: async (wanted: boolean) => {
        if (wanted || isOn) await this.#shop.behave(wanted ? as : WELL);
      },
    });
    const faults = SHOP_FAULTS.map(({ name, mode, ms, ...words }) => ({
      id: `shop.${name}`,
      ...words,
      ...turning({ mode, ...(ms !== undefined && { ms }) }, now.mode === mode && now.orders === undefined),
    }));
    const toSamples: Behaviour = { mode: 'error', orders: [...this.#unheard] };
    return [...faults, { id: 'shop.unheard', ...UNHEARD, ...turning(toSamples, now.orders !== undefined) }];
  }
}

async function switchesOf({ gateway, name: of, sandbox }: Stand): Promise<Switch[]> {
  const on = await sandbox.faultsOn();
  return sandbox.faults.map((fault) => {
    const { name, summary, watch, page } = fault;
    return {
      id: `${gateway}.${name}`,
      of,
      summary,
      watch,
      page,
      isOn: on.includes(fault),
      turn: (isOn) => sandbox.turn(fault, isOn),
    };
  });
}
