/** The frame of every page: mode, search, health, navigation, who is signed in. */
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Glance } from '../glance.ts';
import type { Shown } from '../page.ts';
import type { Visit } from '../visit.ts';
import { HealthStrip } from './health-strip.tsx';
import { shown } from './text.ts';

export interface NavItem {
  readonly path: string;
  readonly name: string;
}

interface FrameProps {
  readonly visit: Visit;
  readonly glance: Glance;
  readonly nav: readonly NavItem[];
  /** The page's address below the dashboard's own. */
  readonly at: string;
  readonly page: Shown;
  readonly parts: readonly PartProps[];
}

export interface PartProps {
  readonly id: string;
  readonly content: ComponentChildren;
}

/** A whole page as HTML. */
export function renderPage(props: FrameProps): string {
  const { visit, page, at } = props;
  return document_(
    <html lang="en">
      <Head
        title={`${page.title} · paidonce`}
        base={visit.base}
        scripts={['live', 'keys', 'times', 'order']}
      />
      <body class="dashboard">
        <header>
          <Band glance={props.glance} />
          <Bar {...props} />
        </header>
        <main>
          {page.heading ?? <h1>{page.title}</h1>}
          <LivePart id="away" content={<Away glance={props.glance} />} />
          {page.above}
          <div id="live" data-events={props.parts.length === 0 ? undefined : eventsOf(visit.base, at)}>
            {props.parts.map((part) => (
              <LivePart key={part.id} {...part} />
            ))}
          </div>
          {page.below}
        </main>
        <Foot visit={visit} />
      </body>
    </html>,
  );
}

/** A page for somebody who is not signed in, or for an error. */
export function renderPlainPage(base: string, title: string, content: ComponentChildren): string {
  return document_(
    <html lang="en">
      <Head title={`${title} · paidonce`} base={base} scripts={['sign-in']} />
      <body class="dashboard">
        <main class="plain">
          <h1>{title}</h1>
          {content}
        </main>
      </body>
    </html>,
  );
}

function eventsOf(base: string, at: string): string {
  return `${base}/live?page=${encodeURIComponent(at)}`;
}

/** A script replaces its content. */
function LivePart({ id, content }: PartProps): VNode {
  return <div id={`part-${id}`}>{content}</div>;
}

/** The content of a part, for those that have the rest. */
export function renderPart(content: ComponentChildren): string {
  return renderToString(<>{content}</>);
}

function document_(html: VNode): string {
  return `<!doctype html>${renderToString(html)}`;
}

function Head({ title, base, scripts }: { title: string; base: string; scripts: readonly string[] }): VNode {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{title}</title>
      <link rel="stylesheet" href={`${base}/assets/sheet.css`} />
      <link rel="icon" href="data:," />
      {scripts.map((name) => (
        <script src={`${base}/assets/${name}.js`} defer />
      ))}
    </head>
  );
}

/** Real money or not, on every page, in colour and in words. */
function Band({ glance: { gateways } }: { glance: Glance }): VNode | null {
  if (gateways === null) return null;
  const isLive = gateways.some(({ livemode }) => livemode);
  const accounts = gateways.map(({ name, account }) => `${name} ${account}`).join(' · ');
  return (
    <p class={`band ${isLive ? 'live-money' : 'test-money'}`}>
      <strong>{isLive ? 'LIVE' : 'TEST'}</strong> {shown(accounts)}
    </p>
  );
}

function Bar({ visit, glance, nav, at }: FrameProps): VNode {
  const { base } = visit;
  return (
    <div class="bar">
      <a class="brand" href={base}>
        paidonce
      </a>
      <form class="search" role="search" method="get" action={`${base}/payments`}>
        <label class="unseen" for="q">
          Search by any id, reference or exact amount
        </label>
        <input id="q" name="q" type="search" placeholder="order, id or 722.00 ( / )" autocomplete="off" />
        <button type="submit">Find</button>
      </form>
      <LivePart id="state" content={<State glance={glance} base={base} />} />
      <nav aria-label="Dashboard">
        {nav.map(({ path, name }) => (
          <a href={`${base}${path}`} aria-current={isAt(path, at) ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
    </div>
  );
}

/** How it is, and how much waits. */
export function State({ glance: { health, needs }, base }: { glance: Glance; base: string }): VNode {
  return (
    <>
      <HealthStrip health={health} base={base} />
      <a class={needs === null || needs.count > 0 ? 'bell some' : 'bell'} href={`${base}#needs`}>
        {needs === null ? '?' : `${needs.count}${needs.hasMore ? '+' : ''}`} to do
      </a>
    </>
  );
}

function isAt(path: string, at: string): boolean {
  const [here = ''] = at.split('?');
  return path === '' ? here === '' : here === path || here.startsWith(`${path}/`);
}

/** What the page can't know now. */
export function Away({ glance: { readiness } }: { glance: Glance }): VNode | null {
  const away = [
    ...(readiness.store === 'ok' ? [] : [`The store does not answer (${readiness.store}).`]),
    ...(readiness.temporal === 'ok' ? [] : [`Temporal does not answer (${readiness.temporal}).`]),
  ];
  if (away.length === 0) return null;
  return (
    <div class="notice bad" role="alert">
      {away.map((text) => (
        <p>{shown(text, 600)}</p>
      ))}
      <p>
        Callbacks are accepted as long as one of the two answers. What this page shows may be incomplete or
        old.
      </p>
    </div>
  );
}

function Foot({ visit: { base, who } }: { visit: Visit }): VNode {
  return (
    <footer>
      <span>
        Signed in as <bdi>{shown(who.person, 80)}</bdi> with the key <code>{who.key.name}</code> (
        {who.key.scopes.join(', ')})
      </span>{' '}
      <form method="post" action={`${base}/sign-out`}>
        <input type="hidden" name="csrf" value={who.csrf} />
        <button type="submit" class="quiet">
          Sign out
        </button>
      </form>
      <button type="button" class="quiet" id="local-times" hidden>
        Show local times
      </button>
      <span id="freshness" role="status" />
      <button type="button" class="quiet" id="pause" hidden>
        Pause
      </button>
    </footer>
  );
}
