/** The sandboxes of ours that the configured gateways are. */
import type { ConfiguredGateway } from '../../gateways/gateway-descriptor.ts';
import { NoSandbox, runningSandbox, type RunningSandbox } from '../../gateways/running-sandbox.ts';
import { Refusal } from '../refusal.ts';

/** A gateway whose sandbox runs. */
export interface Stand {
  readonly gateway: string;
  /** For people. */
  readonly name: string;
  readonly sandbox: RunningSandbox;
  /** A session can be as short as this. */
  readonly shortestMs: number;
}

/** Finds them, for as long as there may be some. Never where a gateway moves real money. */
export class Sandboxes {
  readonly #configured: readonly ConfiguredGateway[];
  readonly #stands = new Map<string, Stand>();
  /** Of gateways that are no sandbox, and will be none. */
  readonly #final = new Map<string, string>();

  constructor(configured: readonly ConfiguredGateway[]) {
    this.#configured = configured;
  }

  /** One at least. @throws Refusal `no_sandbox` */
  async all(): Promise<readonly [Stand, ...Stand[]]> {
    if (this.#configured.some(({ mode }) => mode === 'live'))
      throw refusal('an account is live, so money is real');
    const why: string[] = [];
    for (const each of this.#configured) {
      const reason = await this.#find(each);
      if (reason !== null) why.push(reason);
    }
    const [first, ...others] = this.#configured.flatMap(({ descriptor }) => {
      const stand = this.#stands.get(descriptor.id);
      return stand === undefined ? [] : [stand];
    });
    if (first === undefined) throw refusal(why.join('; '));
    return [first, ...others];
  }

  /** Null where it runs, or the reason why it does not. */
  async #find(each: ConfiguredGateway): Promise<string | null> {
    const { id, name, traits } = each.descriptor;
    if (this.#stands.has(id)) return null;
    const known = this.#final.get(id);
    if (known !== undefined) return known;
    try {
      const sandbox = await runningSandbox(each);
      this.#stands.set(id, { gateway: id, name, sandbox, shortestMs: traits.lifetime.shortestMs });
      return null;
    } catch (error) {
      if (!(error instanceof NoSandbox)) throw error;
      // A proxy before a real gateway is asked this once only.
      if (error.isFinal) this.#final.set(id, error.message);
      return error.message;
    }
  }
}

function refusal(why: string): Refusal {
  return new Refusal(
    'no_sandbox',
    `the test bench is there only where gateways are sandboxes of paidonce: ${why}. Run npm start in a copy of the repository, without variables of a gateway`,
  );
}
