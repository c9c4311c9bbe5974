import type { Schemas } from '../../api/client';
import { useLive } from '../../api/live';
import { useData } from '../../api/query';
import { Ledger } from '../../panels/ledger';
import { PartnerLinks } from '../../panels/partner-links';
import { Welcome } from '../../panels/welcome';
import { Copy } from '../../parts/copy';
import { count } from '../../parts/format';
import { Go } from '../../parts/go';
import { safeLink } from '../../parts/link';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { useEver } from '../../view/ever';
import { useView } from '../../view/view';

type App = Schemas['AppBody'];

/** What to put into pages, and whether something comes. */
export default function Setup() {
  const { app } = useView();
  const answer = useData('apps', {});
  const apps = answer.data?.apps ?? [];
  const shown = apps.find(({ name }) => name === app);
  const ever = useEver(app);
  return (
    <>
      {ever === false ? (
        <Welcome app={shown} demo={safeLink(answer.data?.demo_url)} />
      ) : (
        <Arriving app={app} />
      )}
      {shown && <Forms app={shown} />}
      <Panel title="Apps and keys" id="apps" of={answer}>
        <Table
          name="apps"
          caption="Every app that you may see"
          rows={apps}
          keyOf={(one) => one.name}
          empty="No app is configured. Add one with a key to the configuration: [[apps]]."
          columns={[
            {
              title: 'App',
              value: (one) => one.name,
              cell: (one) => (
                <Go to="setup" with={{ app: one.name }}>
                  {one.name}
                </Go>
              ),
            },
            { title: 'Keys', value: (one) => one.keys.join(', ') },
            { title: 'Edge', value: (one) => one.embed?.edge_url ?? 'not configured here' },
          ]}
        />
      </Panel>
      <PartnerLinks app={app} />
      <Ledger />
    </>
  );
}

function Arriving({ app }: { app: string | undefined }) {
  const { tick } = useLive(app);
  const arrived = tick?.arrived;
  return (
    <section class="panel" aria-labelledby="arriving">
      <div class="heading">
        <h2 id="arriving">{app} reports</h2>
      </div>
      <p role="status">
        {arrived && arrived.requests > 0
          ? `${count(arrived.requests)} requests were counted in the last second.`
          : 'Something was received before; nothing came in the last second.'}{' '}
        <Go to="on-call">See what is broken now</Go>
      </p>
    </section>
  );
}

/** The ways to start the SDK, each ready to be copied. */
function Forms({ app }: { app: App }) {
  const key = app.keys[0] ?? 'KEY';
  const edge = app.embed?.edge_url ?? 'https://EDGE';
  const script = app.embed?.script_url ?? `${edge}/v1/corswatch.js`;
  const start = `start({ key: ${JSON.stringify(key)}, url: ${JSON.stringify(edge)} });`;
  const forms: [title: string, note: string, text: string][] = [
    [
      'Plain HTML',
      'First in the head, before the scripts that make requests.',
      app.embed?.html ?? `<script src="${script}" data-key="${key}" data-url="${edge}"></script>`,
    ],
    [
      'npm',
      'Where the page starts. On a server it does nothing.',
      `import { start } from 'corswatch';\n\n${start}`,
    ],
    [
      'React, Vue, Svelte, Angular',
      'In the entry file, above everything that asks for data. With Next.js: instrumentation-client.ts.',
      `// src/main.ts, first lines\nimport { start } from 'corswatch';\n${start}`,
    ],
    [
      'Content-Security-Policy',
      'Add both to the policy of the pages; keep what is there.',
      `script-src ${origin(script)};\nconnect-src ${origin(edge)};`,
    ],
  ];
  return (
    <section class="panel" aria-labelledby="forms">
      <div class="heading">
        <h2 id="forms">Start the SDK of {app.name}</h2>
      </div>
      <div class="columns">
        {forms.map(([title, note, text]) => (
          <section key={title}>
            <h3>{title}</h3>
            <p class="muted">{note}</p>
            <pre class="code">{text}</pre>
            <p class="actions">
              <Copy what={title} text={text} />
            </p>
          </section>
        ))}
      </div>
    </section>
  );
}

function origin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
