import { useNow } from '../view/clock';
import { ago, time } from './format';

/** How long ago, with the time itself. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time datetime={at} title={time(at, now)}>
      {ago(at, now)}
    </time>
  );
}

/** A time of day, with the date where it is not within the last day. */
export function When({ at }: { at: string }) {
  return <time datetime={at}>{time(at, useNow())}</time>;
}
