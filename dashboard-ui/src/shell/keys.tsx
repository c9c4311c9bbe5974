import { useEffect, useRef } from 'preact/hooks';
import { PAGES, type PageName } from '../view/pages';

interface Keys {
  palette: () => void;
  help: () => void;
  pause: () => void;
  go: (page: PageName) => void;
}

/** After `g` the next key names a page, for so long. */
const CHORD_MS = 1500;

/** What keys do outside of text fields. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let chordUntil = 0;
    const pressed = (event: KeyboardEvent) => {
      const command = event.ctrlKey || event.metaKey;
      if (command && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return latest.current.palette();
      }
      const typing =
        event.target instanceof Element && event.target.closest('input, select, dialog');
      if (typing || command || event.altKey) return;
      const chord = Date.now() < chordUntil;
      chordUntil = 0;
      const page = chord ? PAGES.find(({ key }) => key === event.key)?.name : undefined;
      if (page !== undefined) return latest.current.go(page);
      if (event.key === 'g') chordUntil = Date.now() + CHORD_MS;
      if (event.key === '?') latest.current.help();
      if (event.key === ' ' && event.target === document.body) {
        event.preventDefault();
        latest.current.pause();
      }
      if (event.key === '/') {
        event.preventDefault();
        latest.current.palette();
      }
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

const GENERAL: [string, string][] = [
  ['/ or Ctrl K', 'go to a page, service, endpoint or origin'],
  ['Space', 'pause or resume'],
  ['?', 'this list'],
  ['Esc', 'close'],
];

export function Help({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const keys = [...GENERAL, ...PAGES.map(({ key, title }) => [`g ${key}`, title] as const)];
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help" onClose={close}>
      <h2 id="help">Keys</h2>
      <dl>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
