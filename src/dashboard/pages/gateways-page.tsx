/** Each gateway: its checks, what it can do, and its payments that are open. */
import type { VNode } from 'preact';
import type { GatewayView, Health } from '../glance.ts';
import type { Page } from '../page.ts';
import { Fact } from '../parts/fact.tsx';
import { Pill } from '../parts/pill.tsx';
import { shown, span } from '../parts/text.ts';
import { TroubleNote } from '../parts/trouble.tsx';
import { part, type Part, type Visit } from '../visit.ts';

export const gatewaysPage: Page = {
  path: '/gateways',
  nav: 'Gateways',
  async show(visit) {
    const [gateways, health] = await Promise.all([
      part(visit.api.gateways.list()),
      part(visit.api.health.retrieve()),
    ]);
    return {
      title: 'Gateways',
      live:
        gateways.trouble !== undefined ? (
          <TroubleNote trouble={gateways.trouble} what="Gateways" />
        ) : (
          gateways.data.data.map((gateway) => <One gateway={gateway} health={health} visit={visit} />)
        ),
    };
  },
};

function One({
  gateway,
  health,
  visit,
}: {
  gateway: GatewayView;
  health: Part<Health>;
  visit: Visit;
}): VNode {
  const { base } = visit;
  const { id, name, account, livemode, isDefault } = gateway;
  const checks = health.data?.checks.filter((check) => check.name.split(/[\s,]+/).includes(id)) ?? [];
  return (
    <section class="card" aria-labelledby={`gateway-${id}`}>
      <h2 id={`gateway-${id}`}>
        <a href={`${base}/gateways/${encodeURIComponent(id)}`}>{shown(name, 60)}</a>{' '}
        {livemode ? <Pill word="LIVE" /> : <Pill word="TEST" />}
      </h2>
      <p>
        Account {shown(account, 80)}
        {isDefault ? ', for payments that name no gateway' : ''}:{' '}
        <a href={`${base}/gateways/${encodeURIComponent(id)}`}>calls and sweeps</a>,{' '}
        <a href={`${base}/payments?gateway=${encodeURIComponent(id)}`}>payments</a>,{' '}
        <a href={`${base}/deliveries?gateway=${encodeURIComponent(id)}`}>callbacks</a>,{' '}
        <a href={`${base}/reconcile?gateway=${encodeURIComponent(id)}`}>reconciliations</a>
      </p>
      <ul class="checks">
        {checks.map(({ name: check, state, text, todo }) => (
          <li>
            <Pill word={state} /> {shown(check, 80)}: <span class="sentence">{shown(text, 300)}</span>
            {todo !== undefined && <span class="muted"> {shown(todo, 300)}</span>}
          </li>
        ))}
      </ul>
      <Abilities gateway={gateway} />
    </section>
  );
}

function Abilities({ gateway }: { gateway: GatewayView }): VNode {
  const { sessionLifetime, sessionEndsBy, idempotencyKeys, notifies, unlisted, eventHistory } = gateway;
  const seconds = (count: number) => (count === 0 ? 'none' : span(count * 1_000));
  return (
    <details id={`abilities-${gateway.id}`}>
      <summary>What it can do</summary>
      <dl class="facts">
        <Fact name="A session is open">
          {seconds(sessionLifetime.shortest)} to {seconds(sessionLifetime.longest)}, ended by{' '}
          {sessionEndsBy === 'us' ? 'paidonce' : 'the gateway'}
        </Fact>
        <Fact name="Calls back about">each {notifies}</Fact>
        <Fact name="Knows our keys">
          {Object.entries(idempotencyKeys)
            .map(([kind, count]) => `${kind} ${seconds(count)}`)
            .join(', ')}
        </Fact>
        <Fact name="Lists its events for">{seconds(eventHistory)}</Fact>
        <Fact name="Not in its listings">{unlisted.length === 0 ? 'nothing' : unlisted.join('; ')}</Fact>
      </dl>
    </details>
  );
}
