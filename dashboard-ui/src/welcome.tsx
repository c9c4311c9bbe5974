import { useState } from 'preact/hooks';
import type { App } from './api';
import type { Feed } from './feed';
import type { Filters } from './filters';

/** Whether nothing was ever received for the app that is shown. */
export function nothingEver({ answers }: Feed, filters: Filters): boolean {
  const { sli, slos } = answers;
  if (sli === undefined || slos === undefined) return false;
  if ((filters.service ?? filters.environment ?? filters.release) !== undefined) return false;
  const seen = Object.values(sli.outcomes).some((count) => count > 0);
  return !seen && slos.slos.every((slo) => slo.measured.total === 0);
}

/** What to do first. */
export function Welcome({ app }: { app: App | undefined }) {
  const [copied, setCopied] = useState(false);
  if (app === undefined) return null;
  const html = app.embed?.html;
  const copy = async () => {
    if (html === undefined) return;
    await navigator.clipboard.writeText(html);
    setCopied(true);
  };
  return (
    <section class="panel welcome" aria-labelledby="welcome">
      <h2 id="welcome">Nothing received for {app.name} yet</h2>
      {html === undefined ? (
        <p>
          Start the SDK in your pages with{' '}
          {app.keys[0] ? <code>{app.keys[0]}</code> : 'a key of this app'}. Set the edge’s public
          address in the configuration to see the script tag here.
        </p>
      ) : (
        <>
          <p>Put this tag first into the head of your pages:</p>
          <pre>
            <code>{html}</code>
          </pre>
          <button type="button" onClick={copy}>
            {copied ? 'Copied' : 'Copy tag'}
          </button>
        </>
      )}
      <p class="muted">
        The page’s origin has to be allowed for the app. The first numbers appear here by
        themselves, at most 15 seconds after the first cross-origin request.
      </p>
    </section>
  );
}
