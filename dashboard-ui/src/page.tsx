import { useEffect, useState } from 'preact/hooks';
import { Alerts } from './alerts';
import { Breakdowns } from './breakdown';
import { Charts } from './charts';
import { Deploys } from './deploys';
import { Endpoints } from './endpoints';
import { useFeed } from './feed';
import { useFilters } from './filters';
import { Header } from './header';
import { Ledger } from './ledger';
import { Notices } from './notices';
import { Policies } from './policies';
import { SignIn } from './signin';
import { Tiles } from './tiles';
import { nothingEver, Welcome } from './welcome';

/** The whole page. */
export function Page() {
  const [filters, change] = useFilters();
  const [paused, setPaused] = useState(false);
  const [round, setRound] = useState(0);
  const feed = useFeed(filters, paused, round);
  const now = useNow();
  const app = filters.app ?? feed.apps?.apps[0]?.name;
  useEffect(() => {
    document.title = app ? `${app} · corswatch` : 'corswatch';
  }, [app]);
  const { answers, errors } = feed;
  if (feed.failure?.status === 401) {
    return <SignIn reason={feed.failure.message} done={() => setRound(round + 1)} />;
  }
  const ledger = <Ledger ledger={answers.ledger} error={errors.ledger} now={now} />;
  const content = () =>
    nothingEver(feed, filters) ? (
      <>
        <Welcome app={feed.apps?.apps.find((one) => one.name === app)} />
        {ledger}
      </>
    ) : (
      <>
        <Tiles answers={answers} error={errors.sli} filters={filters} now={now} />
        <div class="columns wide-left">
          <Charts answers={answers} error={errors.series} filters={filters} now={now} />
          <div class="stack">
            <Alerts alerts={answers.alerts?.alerts} error={errors.alerts} now={now} />
            {ledger}
            <Deploys deploys={answers.deploys} error={errors.deploys} now={now} />
          </div>
        </div>
        <Endpoints endpoints={answers.endpoints} error={errors.endpoints} now={now} />
        <Policies
          inventory={answers.inventory}
          history={answers.inventoryHistory}
          error={errors.inventory}
          now={now}
        />
        <Breakdowns answers={answers} errors={errors} />
      </>
    );
  return (
    <>
      <Header
        feed={feed}
        filters={filters}
        change={change}
        paused={paused}
        setPaused={setPaused}
        now={now}
      />
      <main class={feed.stale ? 'stale' : ''} aria-busy={feed.stale}>
        <Notices feed={feed} now={now} />
        {feed.updated === undefined && !feed.failure && <p class="loading">Loading…</p>}
        {feed.updated !== undefined && app !== undefined && content()}
      </main>
      <footer>
        Exact among what was observed. Pages without the script, and requests made before it
        started, are not in these numbers. <a href="/openapi.json">API description</a>
      </footer>
    </>
  );
}

/** The time, once a second. */
function useNow(): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) set(Date.now());
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
