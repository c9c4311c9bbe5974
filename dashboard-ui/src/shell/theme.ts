// Light or dark: as the system has it, unless someone chose.

const KEY = 'corswatch-theme';
const ORDER = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof ORDER)[number];

export function theme(): Theme {
  const stored = localStorage.getItem(KEY);
  return ORDER.find((known) => known === stored) ?? 'auto';
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme();
}

export function nextTheme(): Theme {
  const next = ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length] ?? 'auto';
  localStorage.setItem(KEY, next);
  applyTheme();
  dispatchEvent(new Event('themechange'));
  return next;
}

/** Calls `changed` whenever the colours change. */
export function onTheme(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', changed);
  addEventListener('themechange', changed);
  return () => {
    system.removeEventListener('change', changed);
    removeEventListener('themechange', changed);
  };
}
