// The pages, in the order of the navigation.

export const PAGES = [
  { name: 'on-call', title: 'On-call', key: 'o', about: 'What is broken now, and what is not' },
  {
    name: 'incidents',
    title: 'Incidents',
    key: 'i',
    about: 'One for each cause, with its timeline',
  },
  { name: 'debug', title: 'Debug', key: 'd', about: 'From a bar to a single failure' },
  { name: 'executive', title: 'Executive', key: 'e', about: 'Users hit, budgets, risk' },
  { name: 'slos', title: 'SLOs', key: 's', about: 'Budgets and how fast they burn' },
  { name: 'changes', title: 'Changes', key: 'c', about: 'Deploys and observed header changes' },
  { name: 'inventory', title: 'Inventory', key: 'n', about: 'Who calls whom, and what is allowed' },
  {
    name: 'preflights',
    title: 'Preflights',
    key: 'p',
    about: 'What they cost, and how to save them',
  },
  { name: 'readiness', title: 'Readiness', key: 'r', about: 'Checklists, ticked by evidence' },
  { name: 'pipeline', title: 'Pipeline', key: 'l', about: 'Where every beacon went' },
  { name: 'setup', title: 'Setup', key: 't', about: 'Apps, keys, tags' },
] as const;

export type PageName = (typeof PAGES)[number]['name'];

/** Pages with a chart that draws the time before; the start page may be one. */
const COMPARING: readonly (PageName | undefined)[] = [
  undefined,
  'on-call',
  'debug',
  'executive',
  'changes',
];

export const compares = (page: PageName | undefined) => COMPARING.includes(page);

/** The page of a path and what it is about: `/incidents/ID` has an id. */
export interface Place {
  page: PageName | undefined;
  id: string | undefined;
}

export function placeOf(path: string): Place {
  const [, first = '', id] = path.split('/');
  const page = PAGES.find(({ name }) => name === first)?.name;
  const named = page === 'incidents' && id ? decode(id) : undefined;
  return { page, id: named };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
