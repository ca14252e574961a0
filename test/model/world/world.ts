/** One order, its people and machines, and the product between them: the sources themselves, on our clock. */
import { createActivities } from '../../../src/activities/create-activities.ts';
import { createUpdateActivities } from '../../../src/activities/notify-merchant.ts';
import { createRecording, type Recording } from '../../../src/updates/recording.ts';
import { createWakingActivities } from '../../../src/activities/start-workflows.ts';
import { createMoneyMover, type MoneyMover } from '../../../src/api/money/money-mover.ts';
import { SessionOpener } from '../../../src/api/payments/session-opener.ts';
import type { Gateway } from '../../../src/gateways/gateway.ts';
import type { Service } from '../../../src/service.ts';
import type { MoneyRuns } from '../../../src/temporal/money-runs.ts';
import type { PaymentRuns } from '../../../src/temporal/payment-runs.ts';
import { FirstAttempts } from '../../../src/updates/first-attempts.ts';
import type { RunActivities } from '../../support/run-activities.ts';
import { enterActivity } from '../temporal/current.ts';
import { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import { createModelGateway } from './gateway.ts';
import { createKeyedGateway } from './keyed-gateway.ts';
import { KeyedPromises } from './keyed-promises.ts';
import { KeyedPsp } from './keyed-psp.ts';
import { lineOf } from './line.ts';
import { Network } from './network.ts';
import { Promises } from './promises.ts';
import { Psp, type Bookkeeper, type PspKind, type PspSession } from './psp.ts';
import { Shop } from './shop.ts';
import { dbOf, Tables } from './tables.ts';
import type { ServerPart, Stage } from './stage.ts';
import type { Trouble } from './trouble.ts';
import { drawKeyedWeather } from './keyed-weather.ts';
import { drawWeather, type Weather } from './weather.ts';

const HOUR_MS = 3_600_000;
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
  /** When the last refund comes back, at the latest. */
  lateUntil = 0;
  readonly #begun: number;

  constructor(stage: Stage, seed: number, isTold: boolean, kind: PspKind = 'lagging') {
    this.reference = stage.referenceOf(seed);
    this.clock = stage.clock();
    this.#begun = this.clock.now;
    this.lastChange = this.clock.now;
    this.story = isTold ? [] : null;
    this.chance = new Chance(seed);
    const weather = kind === 'keyed' ? drawKeyedWeather(this.chance) : drawWeather(this.chance);
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
    const watch: Bookkeeper = {
      now: () => this.clock.now,
      opened: (session) => this.#opened(session),
      changed: (session, event) => this.#changed(session, event),
    };
    const { policy } = weather;
    if (kind === 'keyed') {
      const psp = new KeyedPsp({ ...weather, captures: weather.rules.captures }, watch);
      this.psp = psp;
      this.promises = new KeyedPromises(this.tables, psp, {
        policy,
        now: () => this.clock.now,
        isCalm: () => this.trouble.isCalm && this.trouble.last === 0,
      });
    } else {
      const { product, rules, clock } = weather;
      this.psp = new Psp({ product, rules, clock }, watch);
      this.promises = new Promises(this.tables, this.psp, policy);
    }
    const { server, runs, money } = stage.connect(this);
    this.server = server;
    this.runs = runs;
    this.money = money;
    this.shop = new Shop(this);
    this.network = new Network(this);
    this.service = this.#service();
    const line = lineOf(this);
    const created =
      this.psp instanceof KeyedPsp ? createKeyedGateway(this.psp, line) : createModelGateway(this.psp, line);
    this.#gateway = created as Gateway;
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

  /** The keyed PSP ends a session by its own clock: in time, late, or never. */
  #opened(session: PspSession): void {
    const { psp } = this;
    if (!(psp instanceof KeyedPsp)) return;
    const late = this.chance.pick([0, 0, 60_000, 30 * 60_000, 8 * HOUR_MS, null]);
    if (late !== null) this.clock.after(session.expiresAt - this.clock.now + late, () => psp.expire(session));
  }

  #changed(session: PspSession, event: string): void {
    this.say(() => `gateway: ${session.id} ${event} → ${this.psp.moneyIn(session).map(booked).join(', ')}`);
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

  #service(): Service {
    return {
      config: { SESSION_LIFETIME: LIFETIME_MS, ON_HOLD_POLL_INTERVAL: POLL_MS },
      log: NO_LOG,
      gateways: {
        livemode: () => false,
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

function booked({ ledger, state }: PspSession): string {
  return ledger === null ? state : `${ledger.status} ${ledger.captured}/${ledger.refunded}`;
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
