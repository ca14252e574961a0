/** One order, its people and machines, and the product between them: the sources themselves, on our clock. */
import { createActivities } from '../../../src/activities/create-activities.ts';
import { createUpdateActivities } from '../../../src/activities/notify-merchant.ts';
import { createRecording, type Recording } from '../../../src/updates/recording.ts';
import { createWakingActivities } from '../../../src/activities/start-workflows.ts';
import { createMoneyMover, type MoneyMover } from '../../../src/api/money/money-mover.ts';
import { SessionOpener } from '../../../src/api/payments/session-opener.ts';
import type { Gateway, OperationRequest } from '../../../src/gateways/gateway.ts';
import type { Service } from '../../../src/service.ts';
import type { MoneyRuns } from '../../../src/temporal/money-runs.ts';
import type { PaymentRuns } from '../../../src/temporal/payment-runs.ts';
import { FirstAttempts } from '../../../src/updates/first-attempts.ts';
import type { RunActivities } from '../../support/run-activities.ts';
import { enterActivity } from '../temporal/current.ts';
import { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import { createModelGateway, type Line } from './gateway.ts';
import type { BookedOperation, Ledger } from './ledger.ts';
import { Network } from './network.ts';
import { Promises } from './promises.ts';
import { Psp, type PspSession } from './psp.ts';
import { Shop } from './shop.ts';
import { dbOf, Tables } from './tables.ts';
import type { ServerPart, Stage } from './stage.ts';
import type { Trouble } from './trouble.ts';
import { drawWeather, type Weather } from './weather.ts';

const HOUR_MS = 3_600_000;
/** After this time, a read that does not show the operation proves that it was not done. */
const LONGEST_HIDDEN_MS = 15_000;
export const LIFETIME_MS = 4 * HOUR_MS;
export const POLL_MS = HOUR_MS;

const ENDPOINT = { url: 'https://shop.example', timeoutMs: 15_000, secrets: ['secret'] };
/** Few slots, so that an update is sometimes left to the run without an attempt. */
const FEW_SLOTS = 2;

const NO_LOG = { info() {}, warn() {}, error() {}, debug() {} };

export class World {
  readonly reference: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly trouble: Trouble;
  readonly psp: Psp;
  readonly tables: Tables;
  readonly server: ServerPart;
  readonly runs: PaymentRuns;
  readonly money: MoneyRuns;
  readonly network: Network;
  readonly shop: Shop;
  readonly promises: Promises;
  #firstAttempts: { readonly deaths: number; readonly of: FirstAttempts } | null = null;
  readonly service: Service;
  readonly opener: SessionOpener;
  readonly #gateway: Gateway;
  readonly mover: MoneyMover;
  readonly story: string[] | null;
  /**
   * The time of the last change of the gateway's books, and the number of its operations that are under way.
   */
  lastChange: number;
  underway = 0;
  readonly #begun: number;

  constructor(stage: Stage, seed: number, isTold: boolean) {
    this.reference = stage.referenceOf(seed);
    this.clock = stage.clock();
    this.#begun = this.clock.now;
    this.lastChange = this.clock.now;
    this.story = isTold ? [] : null;
    this.chance = new Chance(seed);
    const weather = drawWeather(this.chance);
    this.trouble = stage.trouble(weather, this.chance.fork(1), this.clock, (text) => this.say(text));
    this.tables = new Tables({
      call: (what, effect) => this.trouble.callStore(what, effect),
      settling: (before, settled, record) => this.promises.settling(before, settled, record),
      settled: (before, after) => {
        this.promises.settled(before, after);
        if (before.payment.status !== after.status)
          this.say(
            () =>
              `${after.id}: ${before.payment.status} → ${after.status}${after.reason === null ? '' : ` (${after.reason})`}`,
          );
      },
    });
    const { product, rules, clock } = weather;
    this.psp = new Psp(
      { product, rules, clock },
      {
        now: () => this.clock.now,
        changed: (session, event) => this.#changed(session, event),
      },
    );
    this.promises = new Promises(this.tables, this.psp, weather.policy);
    const { server, runs, money } = stage.connect(this);
    this.server = server;
    this.runs = runs;
    this.money = money;
    this.shop = new Shop(this);
    this.network = new Network(this);
    this.service = this.#service();
    this.#gateway = createModelGateway(this.psp, this.#line()) as Gateway;
    this.mover = createMoneyMover(this.service);
    this.opener = new SessionOpener(this.service);
    this.say(() => `weather: ${describe(weather)}`);
  }

  say(text: () => string): void {
    this.story?.push(`${at(this.clock.now - this.#begun)}  ${text()}`);
  }

  /** Runs until that time, or until a promise is broken. */
  async advance(ms: number): Promise<void> {
    const until = this.clock.now + ms;
    while (!this.isOver && this.clock.next() <= until) await this.step();
    if (!this.isOver) await this.pass(until);
  }

  async step(): Promise<void> {
    this.clock.isIdle = false;
    enterActivity(null);
    this.clock.ring();
    if (!this.clock.isIdle) await this.server.settle();
  }

  /** Passes a time in which nothing is due. */
  async pass(until: number): Promise<void> {
    this.clock.after(Math.max(0, until - this.clock.now), () => undefined);
    while (this.clock.now < until && !this.isOver) await this.step();
  }

  get isOver(): boolean {
    return this.promises.broken !== null || this.server.failure !== null;
  }

  #changed(session: PspSession, event: string): void {
    const { ledger } = session;
    this.say(
      () =>
        `gateway: ${session.id} ${event} → ${ledger === null ? session.state : `${ledger.status} ${ledger.captured}/${ledger.refunded}`}`,
    );
    this.lastChange = this.clock.now;
    this.promises.changed(session);
    this.network.announce(session, event);
  }

  /** The first attempts of the living process. */
  get firstAttempts(): FirstAttempts {
    const { deaths } = this.trouble;
    if (this.#firstAttempts?.deaths !== deaths)
      this.#firstAttempts = {
        deaths,
        of: new FirstAttempts({
          db: dbOf(this.tables),
          endpoint: ENDPOINT,
          log: NO_LOG,
          slots: FEW_SLOTS,
          handOver: (payment, effectId) => this.runs.tell(payment, effectId),
        }),
      };
    return this.#firstAttempts.of;
  }

  /** The activities that a Worker registers. */
  activities(): RunActivities {
    const db = dbOf(this.tables);
    const gatewayNamed = () => this.#gateway;
    return {
      ...createActivities({
        recording: this.#recording(),
        gatewayNamed,
        opening: { pollIntervalMs: POLL_MS, lifetimeMs: LIFETIME_MS },
      }),
      ...createWakingActivities({ db, runs: this.runs, money: this.money }),
      ...createUpdateActivities({ db, endpoint: ENDPOINT }),
    };
  }

  #recording(): Recording {
    const { policy } = this.trouble.weather;
    const tell = (order: string, effects: readonly string[]) => this.firstAttempts.tell(order, effects);
    return createRecording(dbOf(this.tables), { policy, livemode: () => false, tells: true }, { tell });
  }

  #line(): Line {
    const { trouble, chance, promises } = this;
    const wire = chance.fork(2);
    return {
      now: () => this.clock.now,
      call: (what, work, lost) => trouble.callGateway(what, work, lost),
      ofRead: () => {
        const { stale, lagMs, absent, unreadable } = trouble.weather;
        if (wire.hits(absent)) return { fate: 'absent', lagMs: 0 };
        if (wire.hits(unreadable)) return { fate: 'unreadable', lagMs: 0 };
        if (wire.hits(stale)) return { fate: 'stale', lagMs: wire.between(1, lagMs) };
        return { fate: 'fine', lagMs: 0 };
      },
      ofOperation: () => {
        const fate = wire.weigh(trouble.weather.fates);
        // A gateway that was busy, carried out the operation and hides it for that long can't be
        // distinguished from one that did nothing.
        return fate === 'busy_after' && trouble.weather.lagMs > LONGEST_HIDDEN_MS ? 'busy' : fate;
      },
      later: (session, request, isAccepted) => this.#finishLater(session, request, isAccepted, wire),
      sending: (request, session, fate) => {
        this.say(() => `we send ${request.kind} ${request.reference} of ${request.amountMinor}: ${fate}`);
        promises.sending(request, session, fate);
      },
      cancelling: (session) => promises.cancelling(session),
      searchLagMs: trouble.weather.lagMs,
      isCareless: trouble.weather.isCareless,
    };
  }

  /**
   * An accepted operation is done, fails, or is forgotten, within two days. A lost one arrives later, or
   * never.
   */
  #finishLater(session: PspSession, request: OperationRequest, isAccepted: boolean, wire: Chance): void {
    const { kind, reference: who, amountMinor } = request;
    const { ledger } = session;
    const booked = ledger?.operations.at(-1);
    const end = wire.weigh({ done: 5, failed: 2, never: 1 });
    const ms = wire.pick([200, 3_000, 90_000, 20 * 60_000, 3 * HOUR_MS, 40 * HOUR_MS]);
    if (end === 'never') return;
    this.underway += 1;
    this.clock.after(ms, () => {
      this.underway -= 1;
      if (!isAccepted) {
        if (end === 'done' && ledger?.allows(kind, amountMinor, this.psp.rules.rules) === true)
          this.psp.book(session, { kind, who, isOurs: true, amountMinor, state: 'done' });
        return;
      }
      if (booked === undefined || ledger === null) return;
      // A void releases the sum that is left when it is done.
      if (kind === 'void') booked.amountMinor = ledger.capturable;
      booked.state = end === 'done' && this.#isStillPossible(ledger, booked) ? 'done' : 'failed';
      this.psp.change(session, kind.toUpperCase());
    });
  }

  /**
   * The gateway does not check the sums of our own accepted operations again: to reserve no more than is
   * there is our part.
   */
  #isStillPossible(ledger: Ledger, { kind, amountMinor }: BookedOperation): boolean {
    const isAllOurs = ledger.operations.every(({ isOurs }) => isOurs);
    if (kind === 'void' || !isAllOurs) return ledger.allows(kind, amountMinor, this.psp.rules.rules);
    return kind === 'refund' || (ledger.voided === 0 && !ledger.isReleased);
  }

  #service(): Service {
    return {
      config: { SESSION_LIFETIME: LIFETIME_MS, ON_HOLD_POLL_INTERVAL: POLL_MS },
      log: NO_LOG,
      gateways: {
        find: () => this.#gateway,
        named: () => this.#gateway,
        optionsOf: () => undefined,
        all: [],
      },
      store: { db: dbOf(this.tables) },
      runs: this.runs,
      money: this.money,
      recording: this.#recording(),
      firstAttempts: { tell: (order: string, effects: string[]) => this.firstAttempts.tell(order, effects) },
    } as unknown as Service;
  }
}

function at(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const seconds = ((ms / 1_000) % 60).toFixed(3).padStart(6, '0');
  return `${two(ms / HOUR_MS)}:${two((ms / 60_000) % 60)}:${seconds}`;
}

function describe(weather: Weather): string {
  const { rules, fates, ...rest } = weather;
  const kinds = Object.entries(rest).filter(([, value]) => value !== 0 && value !== Infinity);
  const words = kinds.map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toFixed(3)) : value}`,
  );
  return [...words, `voids ${rules.voids}`, fates.accepted > 0 ? 'operations go wrong' : '']
    .filter(Boolean)
    .join(', ');
}
