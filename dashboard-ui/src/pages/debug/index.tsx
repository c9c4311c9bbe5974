import { Breakdowns } from '../../panels/breakdown';
import { Charts } from '../../panels/charts';
import { Difference } from '../../panels/difference';
import { Endpoints } from '../../panels/endpoints';
import { Failures, OneFailure } from '../../panels/failures';
import { useView } from '../../view/view';

const DIMENSIONS = [
  { by: 'browser', noun: 'Browser' },
  { by: 'release', noun: 'Release' },
  { by: 'page_origin', noun: 'Page origin' },
  { by: 'endpoint', noun: 'Endpoint' },
  { by: 'service', noun: 'Service' },
  { by: 'method', noun: 'Method' },
] as const;

/** From a bar to the failures behind it, and to a single one. */
export default function Debug() {
  const { filters } = useView();
  if (filters.failure !== undefined) return <OneFailure id={filters.failure} />;
  return (
    <>
      <Endpoints />
      <Difference />
      <Failures />
      <Charts />
      <Breakdowns of={DIMENSIONS} />
    </>
  );
}
