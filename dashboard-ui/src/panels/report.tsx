import { useState } from 'preact/hooks';
import { ApiError, address, text } from '../api/client';
import { saveHtml } from '../parts/download';
import { useView } from '../view/view';

const TIMEOUT_MS = 30_000;

/** The report of a period as a page of its own, to be sent to others. */
export function SaveReport({ period }: { period: 'week' | 'month' }) {
  const { app } = useView();
  const [said, say] = useState('');
  if (!app) return null;
  const save = async () => {
    say('Being made.');
    const url = address('report', { app, period, format: 'html' });
    try {
      saveHtml(`report-${app}-${period}`, await text(url, AbortSignal.timeout(TIMEOUT_MS)));
      say('');
    } catch (error) {
      say(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <>
      <button type="button" onClick={save}>
        Save the report of a {period}
      </button>
      <span role="status"> {said}</span>
    </>
  );
}
