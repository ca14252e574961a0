/** The merchant's endpoint: hears, hangs, fails and comes back. */
import { shops } from './outside.ts';
import type { World } from './world.ts';

export class Shop {
  /** What it answered 2xx to, in order. */
  readonly inbox: { readonly effectId: string; readonly body: string }[] = [];
  readonly #world: World;
  /** What it is being told at this moment. */
  readonly #hearing = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    shops.set(world.reference, this);
  }

  /** In the place of `fetch`: one order update. */
  hear(effectId: string, body: string): Promise<{ status: number }> {
    const { trouble, promises } = this.#world;
    promises.keep(!this.#hearing.has(effectId), `${effectId} is sent twice at once`);
    this.#hearing.add(effectId);
    return trouble.answered(() => {
      this.#hearing.delete(effectId);
      return this.#answer(effectId, body);
    });
  }

  #answer(effectId: string, body: string): { status: number } {
    const { trouble } = this.#world;
    if (trouble.isAway('shop')) return { status: 503 };
    this.inbox.push({ effectId, body });
    this.#world.say(() => `the merchant hears ${effectId}`);
    // Heard, and the answer is lost: it will hear it again.
    return { status: trouble.hits(trouble.weather.silence) ? 504 : 200 };
  }
}
