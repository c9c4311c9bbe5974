import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { type Answer, useData } from '../api/query';
import type { Line } from '../parts/plot';
import { useSelection, useView } from '../view/view';

type Series = Schemas['SeriesBody'];

interface Earlier {
  /** The block rate at the points of the series, each a time range earlier; where asked for. */
  line: Line | undefined;
  answer: Answer<Series>;
}

/** The time right before that of `series`, where the address asks to compare with it. */
export function useEarlier(series: Series | undefined): Earlier {
  const { filters } = useView();
  const selection = useSelection();
  const asked = filters.compare === 'before' && selection !== undefined && series !== undefined;
  const answer = useData(
    'series',
    asked ? { ...selection, window: undefined, ...windowBefore(series) } : undefined,
  );
  const { data } = answer;
  const line = useMemo<Line | undefined>(() => {
    if (!asked || data === undefined) return undefined;
    const rates = new Map(data.points.map((p) => [Date.parse(p.at), p.block_rate.ratio]));
    const back = distance(series);
    return {
      label: 'blocked, the time before',
      color: '--before',
      shape: 'dashed',
      values: series.points.map(({ at }) => rates.get(Date.parse(at) - back) ?? null),
    };
  }, [asked, series, data]);
  return { line, answer };
}

/** The length of the series in milliseconds, in whole steps: so are the points of both at the same places. */
export function distance({ from, to, step }: Pick<Series, 'from' | 'to' | 'step'>): number {
  const stepMs = step * 1000;
  return Math.ceil((Date.parse(to) - Date.parse(from)) / stepMs) * stepMs;
}

function windowBefore(series: Series) {
  const back = distance(series);
  const earlier = (at: string) => new Date(Date.parse(at) - back).toISOString();
  return { from: earlier(series.from), to: earlier(series.to), step: series.step };
}
