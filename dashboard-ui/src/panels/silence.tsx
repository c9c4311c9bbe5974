import { useId, useState } from 'preact/hooks';
import { ApiError, send } from '../api/client';
import type { Fault, Incident, Silence, SilenceReport } from '../api/contracts';
import { useOptional } from '../api/optional';
import { When } from '../parts/ago';
import { fieldTime } from '../parts/format';
import { useRound } from '../view/clock';

export type Kind = 'silences' | 'maintenance';

const HOUR_MS = 3_600_000;
const PATIENCE_MS = 20_000;

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
  const [label, setLabel] = useState('app');
  const [value, setValue] = useState('');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState(() => fieldTime(Date.now() + HOUR_MS));
  const [reason, setReason] = useState('');
  const [author, setAuthor] = useState('');
  const [error, fail] = useState<ApiError | undefined>(undefined);
  const instant = (text: string) => new Date(text).toISOString();
  const submit = async (event: Event) => {
    event.preventDefault();
    const report: SilenceReport = {
      match: match ?? { [label]: value },
      ends_at: instant(until),
      reason,
      ...(from && { starts_at: instant(from) }),
      ...(author && { author }),
    };
    try {
      await send('POST', `/api/v1/${kind}`, report, AbortSignal.timeout(PATIENCE_MS));
      done();
      again();
    } catch (thrown) {
      fail(thrown instanceof ApiError ? thrown : new ApiError(0, '', String(thrown)));
    }
  };
  const shown = match ? FIXED : ALL;
  const faults = error?.faults ?? [];
  const of = (name: string) => faults.filter(({ field }) => fieldOf(field) === name);
  const elsewhere = faults.filter(({ field }) => !shown.includes(fieldOf(field)));
  return (
    <form class="form" onSubmit={submit}>
      {error && faults.length === 0 && (
        <p class="fault" role="alert">
          {error.message}
        </p>
      )}
      <Faults faults={elsewhere} />
      {!match && (
        <>
          <Field label="Label" value={label} set={setLabel} faults={[]} />
          <Field label="Its value" value={value} set={setValue} faults={of('match')} />
          <Field
            label="From (default now)"
            type="datetime-local"
            optional
            value={from}
            set={setFrom}
            faults={of('starts_at')}
          />
        </>
      )}
      <Field label="Reason" value={reason} set={setReason} faults={of('reason')} />
      <Field
        label="Until"
        type="datetime-local"
        value={until}
        set={setUntil}
        faults={of('ends_at')}
      />
      <Field
        label="Your name (default the name of the token)"
        optional
        value={author}
        set={setAuthor}
        faults={of('author')}
      />
      <button type="submit" class="primary">
        {kind === 'silences' ? 'Silence' : 'Plan maintenance'}
      </button>
    </form>
  );
}

/** Fields of the API that the form asks for. */
const FIXED = ['reason', 'ends_at', 'author'];
const ALL = [...FIXED, 'match', 'starts_at'];

/** `match.app` is a part of `match`. */
const fieldOf = (field: string) => field.split('.')[0] ?? field;

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
