import { useId, useState } from 'preact/hooks';
import { ApiError, send } from '../api/client';
import type { Fault, Incident, Silence, SilenceReport } from '../api/contracts';
import { useOptional } from '../api/optional';
import { When } from '../parts/ago';
import { fieldTime } from '../parts/format';
import { useRound } from '../view/clock';

export type Kind = 'silences' | 'maintenance';

const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 20_000;

/** Who silenced an incident and why, else the way to do it. */
export function SilenceIncident({ incident }: { incident: Incident }) {
  const match = { incident: incident.id };
  const silences = useOptional('silences', {}).data?.silences ?? [];
  const holds = silences.find(
    (one) => one.state === 'active' && one.match.incident === incident.id,
  );
  if (holds) {
    const { author, reason, window_to: until, ends_at } = holds;
    return (
      <p class="muted">
        Silenced by {author} until <When at={until ?? ends_at} />: {reason}
      </p>
    );
  }
  return <Ask kind="silences" what="Silence for an hour" match={match} />;
}

interface Props {
  kind: Kind;
  /** What the button says. */
  what: string;
  /** What is matched; asked for where absent. */
  match?: Record<string, string>;
}

/** A button with the form behind it. */
export function Ask({ kind, what, match }: Props) {
  const [open, setOpen] = useState(false);
  const [said, say] = useState('');
  const done = () => {
    say('Recorded.');
    setOpen(false);
  };
  return (
    <div>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {what}
      </button>
      <span role="status"> {said}</span>
      {open && <Form kind={kind} match={match} done={done} />}
    </div>
  );
}

interface FormProps {
  kind: Kind;
  match: Record<string, string> | undefined;
  done: () => void;
}

function Form({ kind, match, done }: FormProps) {
  const { again } = useRound();
  const [asked, set] = useState<Asked>(nothing);
  const [error, fail] = useState<ApiError | undefined>(undefined);
  const submit = async (event: Event) => {
    event.preventDefault();
    const report = reportOf(asked, match);
    try {
      await send('POST', `/api/v1/${kind}`, report, AbortSignal.timeout(TIMEOUT_MS));
      done();
      again();
    } catch (thrown) {
      fail(thrown instanceof ApiError ? thrown : new ApiError(0, '', String(thrown)));
    }
  };
  const fields = FIELDS.filter(({ general }) => !general || match === undefined);
  const faults = error?.faults ?? [];
  const elsewhere = faults.filter((fault) => !fields.some(({ field }) => field === fieldOf(fault)));
  return (
    <form class="form" onSubmit={submit}>
      {error && faults.length === 0 && (
        <p class="fault" role="alert">
          {error.message}
        </p>
      )}
      <Faults faults={elsewhere} />
      {fields.map(({ name, field, ...shown }) => (
        <Field
          key={name}
          {...shown}
          value={asked[name]}
          set={(value) => set({ ...asked, [name]: value })}
          faults={faults.filter((fault) => fieldOf(fault) === field)}
        />
      ))}
      <button type="submit" class="primary">
        {kind === 'silences' ? 'Silence' : 'Plan maintenance'}
      </button>
    </form>
  );
}

/** What was put into the form; empty where nothing was. */
interface Asked {
  label: string;
  value: string;
  from: string;
  until: string;
  reason: string;
  author: string;
}

const nothing = (): Asked => ({
  label: 'app',
  value: '',
  from: '',
  until: fieldTime(Date.now() + HOUR_MS),
  reason: '',
  author: '',
});

interface Shown {
  name: keyof Asked;
  /** What the API calls it. */
  field?: string;
  label: string;
  type?: 'datetime-local';
  optional?: true;
  /** Only where it is not known what is matched. */
  general?: true;
}

const FIELDS: Shown[] = [
  { name: 'label', label: 'Label', general: true },
  { name: 'value', field: 'match', label: 'Its value', general: true },
  {
    name: 'from',
    field: 'starts_at',
    label: 'From (default now)',
    type: 'datetime-local',
    optional: true,
    general: true,
  },
  { name: 'until', field: 'ends_at', label: 'Until', type: 'datetime-local' },
  { name: 'reason', field: 'reason', label: 'Reason' },
  {
    name: 'author',
    field: 'author',
    label: 'Your name (default the name of the token)',
    optional: true,
  },
];

/** `match.app` is a part of `match`. */
const fieldOf = ({ field }: Fault) => field.split('.')[0];

function reportOf(asked: Asked, match: FormProps['match']): SilenceReport {
  const { label, value, from, until, reason, author } = asked;
  const instant = (text: string) => new Date(text).toISOString();
  return {
    match: match ?? { [label]: value },
    ends_at: instant(until),
    reason,
    ...(from && { starts_at: instant(from) }),
    ...(author && { author }),
  };
}

interface FieldProps {
  label: string;
  type?: 'text' | 'datetime-local';
  optional?: boolean;
  value: string;
  set: (value: string) => void;
  faults: Fault[];
}

function Field({ label, type = 'text', optional = false, value, set, faults }: FieldProps) {
  const id = useId();
  const wrong = faults.length > 0;
  const input = {
    id,
    required: !optional,
    value,
    'aria-invalid': wrong,
    'aria-describedby': wrong ? `${id}-faults` : undefined,
    onInput: (event: { currentTarget: HTMLInputElement }) => set(event.currentTarget.value),
  };
  return (
    <div>
      <label for={id}>{label}</label>
      {type === 'text' ? <input {...input} /> : <input type="datetime-local" {...input} />}
      <div id={`${id}-faults`}>
        <Faults faults={faults} />
      </div>
    </div>
  );
}

function Faults({ faults }: { faults: Fault[] }) {
  return faults.map(({ field, permitted }) => (
    <p key={field} class="fault" role="alert">
      <code>{field}</code> {permitted}
    </p>
  ));
}

/** What a silence matches, in words. */
export function describe({ match }: Silence): string {
  return Object.entries(match)
    .map(([name, pattern]) => `${name} ${patternInWords(pattern)}`)
    .join(', ');
}

function patternInWords(pattern: unknown): string {
  if (pattern === '') return 'is absent';
  if (typeof pattern === 'string') return `= ${pattern}`;
  const { regex } = pattern as { regex?: unknown };
  return `matches ${regex}`;
}
