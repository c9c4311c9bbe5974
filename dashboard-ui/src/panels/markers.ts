import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import type { Marker } from '../parts/plot';
import { changed } from '../parts/words';
import { useView } from '../view/view';
import { useDeploys } from './deploys';

export type HeaderChange = Schemas['Change'] & { target_origin: string };

/** What replays saw change at targets, each change once. */
export function useHeaderChanges() {
  const { app } = useView();
  const answer = useData('diagnoses', app === undefined ? undefined : { app, limit: 200 });
  const changes = useMemo(() => {
    const all = (answer.data?.diagnoses ?? []).flatMap(({ target_origin, changes }) =>
      changes.map((change): HeaderChange => ({ ...change, target_origin })),
    );
    const once = new Map(all.map((one) => [`${one.target_origin} ${one.what} ${one.from}`, one]));
    return [...once.values()].sort((a, b) => b.to.localeCompare(a.to));
  }, [answer.data]);
  return { answer, changes };
}

/** Deploys and header changes, for the time axis of charts. */
export function useMarkers(): Marker[] {
  const deploys = useDeploys().data;
  const { changes } = useHeaderChanges();
  return useMemo(() => {
    // The endpoints of a server change together: one line for a header at a time.
    const once = new Map(changes.map((change) => [`${change.header} ${change.to}`, change]));
    const seen = [...once.values()].map((change) => ({
      at: Date.parse(change.to) / 1000,
      label: changed(change.header),
      color: '--warn',
    }));
    return [...(deploys?.deploys ?? []).map(marker), ...seen];
  }, [deploys, changes]);
}

function marker(deploy: Schemas['Deploy']): Marker {
  return {
    at: Date.parse(deploy.at) / 1000,
    label: `${deploy.service || deploy.kind}${deploy.kind === 'rollback' ? ' (rollback)' : ''}`,
    color: deploy.touches_cors ? '--deploy' : '--muted',
  };
}
