import type { ComponentChildren } from 'preact';
import type { ApiError } from './api';

interface Props {
  title: string;
  note?: string;
  id: string;
  error?: ApiError | undefined;
  /** Whether there is anything to show yet. */
  loaded: boolean;
  children?: ComponentChildren;
  class?: string;
}

/** A titled part of the page, with its own loading and error states. */
export function Panel({ title, note, id, error, loaded, children, class: extra = '' }: Props) {
  return (
    <section class={`panel ${extra}`} aria-labelledby={id}>
      <h2 id={id}>
        {title}
        {note && <small>{note}</small>}
      </h2>
      {error && (
        <p class="fault" role="status">
          {loaded ? 'Not up to date: ' : 'Cannot be shown: '}
          {error.message}
        </p>
      )}
      {loaded ? children : !error && <p class="loading">Loading…</p>}
    </section>
  );
}
