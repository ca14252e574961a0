/** The merchant's endpoint: it acknowledges, hangs, fails and recovers. */
import { shops } from './outside.ts';
import type { World } from './world.ts';

export class Shop {
  /** The received updates, in order. */
  readonly inbox: { readonly effectId: string; readonly body: string }[] = [];
  readonly #world: World;
  /** The updates that are being received. */
  readonly #hearing = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    shops.set(world.reference, this);
  }

  /** Receives one order update, instead of `fetch`. */
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
    this.#world.say(() => `the merchant receives ${effectId}`);
    // The update was received and the answer is lost, so it is sent again.
    return { status: trouble.hits(trouble.weather.silence) ? 504 : 200 };
  }
}
