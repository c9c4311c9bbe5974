import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useData } from '../api/query';
import { nameless } from '../parts/words';
import type { Narrowing } from '../view/filters';
import { PAGES } from '../view/pages';
import { useView } from '../view/view';

interface Goal {
  title: string;
  about: string;
  href: string;
}

const MAX_LISTED = 12;

/** Goes anywhere by typing: pages, apps, services, endpoints, origins, releases. */
export function Palette({ apps, close }: { apps: string[]; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, type] = useState('');
  const [at, pick] = useState(0);
  const goals = useGoals(apps);
  useEffect(() => dialog.current?.showModal(), []);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = goals
    .filter(({ title, about }) =>
      words.every((word) => `${title} ${about}`.toLowerCase().includes(word)),
    )
    .slice(0, MAX_LISTED);
  const chosen = Math.min(at, found.length - 1);
  const keyed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      pick((chosen + step + found.length) % Math.max(1, found.length));
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      dialog.current?.querySelectorAll<HTMLElement>('[role=option]')[chosen]?.click();
    }
  };
  return (
    <dialog ref={dialog} class="palette" aria-label="Go to" onClose={close}>
      <input
        type="text"
        role="combobox"
        aria-label="Page, service, endpoint, origin"
        aria-expanded="true"
        aria-controls="goals"
        aria-activedescendant={found.length > 0 ? `goal-${chosen}` : undefined}
        placeholder="Page, service, endpoint, origin…"
        value={text}
        onInput={(event) => {
          type(event.currentTarget.value);
          pick(0);
        }}
        onKeyDown={keyed}
      />
      <div id="goals" role="listbox" aria-label="Found">
        {found.map((goal, index) => (
          <a
            key={goal.href + goal.title}
            id={`goal-${index}`}
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            href={goal.href}
            onClick={() => dialog.current?.close()}
          >
            {goal.title} <small>{goal.about}</small>
          </a>
        ))}
      </div>
      {found.length === 0 && <p class="muted">Nothing is called so.</p>}
    </dialog>
  );
}

const SEARCHED: [Narrowing, string][] = [
  ['service', 'service'],
  ['endpoint', 'endpoint'],
  ['page_origin', 'page origin'],
  ['target_origin', 'server'],
  ['release', 'release'],
];

function useGoals(apps: string[]): Goal[] {
  const { app, href } = useView();
  const values = SEARCHED.map(([by]) => {
    // The list is fixed, and so is the order of the hooks.
    const question = app && { app, by, window: '7d', limit: 100 };
    return useData('breakdown', question || undefined);
  });
  const known = values.map((answer) => answer.data);
  return useMemo(() => {
    const pages = PAGES.map(({ name, title, about }) => ({ title, about, href: href(name) }));
    const others = apps.map((name) => ({
      title: name,
      about: 'app',
      href: href('', { app: name }),
    }));
    const narrowed = SEARCHED.flatMap(([by, about], at) =>
      (known[at]?.rows ?? []).map(({ value }) => ({
        title: nameless(value),
        about,
        href: href('debug', { [by]: value }),
      })),
    );
    return [...pages, ...others, ...narrowed];
  }, [apps, href, ...known]);
}
