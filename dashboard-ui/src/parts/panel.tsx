import type { ComponentChildren } from 'preact';
import { useContext } from 'preact/hooks';
import type { ApiError } from '../api/client';
import type { Answer } from '../api/query';
import { FailureContext } from '../shell/failure';
import { saveJson } from './download';

interface Props {
  title: string;
  note?: string | undefined;
  id: string;
  /** What the panel shows; an error of any and what is not there yet are said. */
  of: Answer<unknown> | Answer<unknown>[];
  children?: ComponentChildren;
  class?: string;
}

/** A titled part of a page, with its own loading and error states, and its data as JSON. */
export function Panel({ title, note, id, of, children, class: extra = '' }: Props) {
  const answers = Array.isArray(of) ? of : [of];
  const loaded = answers.every((answer) => answer.data !== undefined);
  const stale = answers.some((answer) => answer.stale);
  const errors = answers.flatMap((answer) => answer.error ?? []);
  const [first] = answers;
  return (
    <section
      class={`panel ${extra} ${stale ? 'stale' : ''}`}
      aria-labelledby={id}
      aria-busy={stale || (!loaded && errors.length === 0)}
    >
      <div class="heading">
        <h2 id={id}>
          {title}
          {note && <small> {note}</small>}
        </h2>
        {loaded && first?.url !== undefined && (
          <span class="exports">
            <button
              type="button"
              class="quiet"
              aria-label={`${title} as JSON`}
              onClick={() => saveJson(id, first.data)}
            >
              JSON
            </button>
          </span>
        )}
      </div>
      <Faults errors={errors} loaded={loaded} />
      {loaded ? children : errors.length === 0 && <p class="loading">Loading…</p>}
    </section>
  );
}

/** What failed. What the top of the page says is not said by every panel again. */
export function Faults({ errors, loaded }: { errors: ApiError[]; loaded: boolean }) {
  const said = useContext(FailureContext);
  const own = errors.filter((error) => error.message !== said?.message);
  const unlike = [...new Set(own.map((error) => error.message))];
  return (
    <>
      {unlike.map((message) => (
        <p key={message} class="fault" role="status">
          {loaded ? 'Not up to date: ' : 'Cannot be shown: '}
          {message}
        </p>
      ))}
      {!loaded && errors.length > 0 && own.length === 0 && (
        <p class="muted">Nothing to show: see the message above.</p>
      )}
    </>
  );
}
