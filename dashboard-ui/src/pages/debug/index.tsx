import { Breakdowns } from '../../panels/breakdown';
import { Charts } from '../../panels/charts';
import { Endpoints } from '../../panels/endpoints';

const DIMENSIONS = [
  { by: 'browser', noun: 'Browser' },
  { by: 'release', noun: 'Release' },
  { by: 'page_origin', noun: 'Page origin' },
  { by: 'endpoint', noun: 'Endpoint' },
  { by: 'service', noun: 'Service' },
  { by: 'method', noun: 'Method' },
] as const;

/** From a bar to the failures behind it. */
export default function Debug() {
  return (
    <>
      <Endpoints />
      <Charts />
      <Breakdowns of={DIMENSIONS} />
    </>
  );
}
