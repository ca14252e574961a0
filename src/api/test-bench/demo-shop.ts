/** The demo shop of `npm start`, by its `/__shop`. It can be told to answer updates badly. */
import { z } from 'zod';

/** How its endpoint answers updates. */
const behaviour = z.object({
  mode: z.string(),
  ms: z.number().optional(),
  /** Only about these orders. */
  orders: z.array(z.string()).optional(),
});

export type Behaviour = z.infer<typeof behaviour>;

const LIMIT_MS = 2_000;

export class DemoShop {
  readonly #url: string | null;
  /** Another shop has answered: it is not asked again. */
  #isOther = false;

  /** @param endpoint where updates are sent: another shop's, or none, where there is no demo shop */
  constructor(endpoint: string | undefined) {
    this.#url = endpoint === undefined ? null : new URL('/__shop/behaviour', endpoint).href;
  }

  /** How it answers now; null where there is no demo shop. */
  async behaviour(): Promise<Behaviour | null> {
    return this.#ask();
  }

  /** @throws Error where it does not answer */
  async behave(as: Behaviour): Promise<void> {
    if ((await this.#ask(as)) === null) throw new Error('the demo shop does not answer');
  }

  async #ask(wanted?: Behaviour): Promise<Behaviour | null> {
    if (this.#url === null || this.#isOther) return null;
    const response = await fetch(this.#url, {
      ...(wanted !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(wanted),
      }),
      signal: AbortSignal.timeout(LIMIT_MS),
    }).catch(() => null);
    if (response === null) return null;
    const said = behaviour.safeParse(await response.json().catch(() => null));
    this.#isOther = !response.ok || !said.success;
    return this.#isOther ? null : (said.data ?? null);
  }
}
