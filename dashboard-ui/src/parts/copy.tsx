import { useState } from 'preact/hooks';

/** Puts a text where it can be pasted; `text` may have to be made first. */
export function Copy({ what, text }: { what: string; text: string | (() => string) }) {
  const [done, set] = useState<'no' | 'yes' | 'failed'>('no');
  const copy = async () => {
    const made = typeof text === 'string' ? text : text();
    // Browsers have no clipboard for pages that came without TLS from another machine.
    await Promise.resolve(navigator.clipboard?.writeText(made) ?? Promise.reject()).then(
      () => set('yes'),
      () => set('failed'),
    );
  };
  const label = { no: `Copy ${what}`, yes: 'Copied', failed: 'The browser refused to copy' };
  return (
    <button type="button" onClick={copy} aria-live="polite">
      {label[done]}
    </button>
  );
}
