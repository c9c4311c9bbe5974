import type { Schemas } from '../api/client';
import { Copy } from '../parts/copy';

/** What to do first. */
export function Welcome({
  app,
  demo,
}: {
  app: Schemas['AppBody'] | undefined;
  demo: string | undefined;
}) {
  if (app === undefined) return null;
  const html = app.embed?.html;
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
          <Copy what="tag" text={html} />
        </>
      )}
      {demo && (
        <p>
          Or try it out first:{' '}
          <a href={demo} rel="noopener noreferrer" target="_blank">
            open the demo shop
          </a>
          , switch on a failure, and press “Shop”.
        </p>
      )}
      <p class="muted">
        The page’s origin has to be allowed for the app. The first numbers appear here by
        themselves, at most 15 seconds after the first cross-origin request.
      </p>
    </section>
  );
}
