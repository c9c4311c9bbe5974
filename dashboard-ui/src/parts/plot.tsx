// One chart: uPlot in a box that follows its width and the colours of the page.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { onTheme } from '../shell/theme';

export interface Line {
  label: string;
  /** A custom property of the style sheet: `--bad`. */
  color: string;
  values: (number | null)[];
  shape?: 'line' | 'dashed' | 'bars' | 'edge';
}

export interface Marker {
  /** Seconds since 1970. */
  at: number;
  /** Empty for a line alone. */
  label: string;
  color: string;
}

export interface PlotProps {
  /** Seconds since 1970. */
  times: number[];
  lines: Line[];
  /** Labels of two lines between which the area is filled. */
  band?: [upper: string, lower: string];
  markers?: Marker[];
  /** Right of this time (in seconds) not everything is counted yet. */
  completeUntil?: number | undefined;
  height: number;
  /** What the vertical axis reaches at least. */
  least: number;
  format: (value: number) => string;
  label: string;
  onPoint: (index: number | null) => void;
}

const SYNC = 'time';

export function Plot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const shape = props.lines.map((line) => line.label).join();

  // The labels stand for the shape of the chart.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const make = () => {
      chart.current?.destroy();
      chart.current = new uPlot(
        options(latest, element.clientWidth),
        data(latest.current),
        element,
      );
    };
    make();
    const resized = new ResizeObserver(() => {
      chart.current?.setSize({ width: element.clientWidth, height: latest.current.height });
    });
    resized.observe(element);
    const off = onTheme(make);
    return () => {
      off();
      resized.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [shape]);

  const { times, lines, markers, completeUntil } = props;
  // Markers are drawn together with the data.
  useEffect(() => chart.current?.setData(data(props)), [times, lines, markers, completeUntil]);
  return <div class="plot" ref={box} role="img" aria-label={props.label} />;
}

function data({ times, lines }: PlotProps): uPlot.AlignedData {
  return [times, ...lines.map((line) => line.values)];
}

/** Seconds around a point that stands alone. */
const LONE = 900;

function options(props: { current: PlotProps }, width: number): uPlot.Options {
  const { lines, band, height, least, format } = props.current;
  const muted = color('--muted');
  const grid = { stroke: color('--line'), width: 1 };
  const font = '12px system-ui, sans-serif';
  const index = (label: string) => lines.findIndex((line) => line.label === label) + 1;
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, sync: { key: SYNC }, drag: { x: false, y: false } },
    scales: {
      // Of a single point uPlot takes the top to be years later, so the points are counted.
      x: {
        time: true,
        range: ({ data }, low, top) => (data[0].length < 2 ? [low - LONE, low + LONE] : [low, top]),
      },
      // What is overspent many times over would leave no room for the rest: the table has it whole.
      y: {
        range: (_, low, top) => [Math.min(0, Math.max(low, -least)), Math.max(top * 1.1, least)],
      },
    },
    axes: [
      {
        stroke: muted,
        grid: { show: false },
        ticks: grid,
        font,
        values: axisTimes,
        space: 70,
        size: 30,
      },
      {
        stroke: muted,
        grid,
        ticks: { show: false },
        font,
        size: 64,
        space: 28,
        values: (_, splits) => splits.map(format),
      },
    ],
    series: [{}, ...lines.map(series)],
    bands: band ? [{ series: [index(band[0]), index(band[1])], fill: color('--band') }] : [],
    hooks: {
      drawClear: [(plot) => drawIncomplete(plot, props.current.completeUntil)],
      draw: [(plot) => drawMarkers(plot, props.current.markers ?? [])],
      setCursor: [(plot) => props.current.onPoint(plot.cursor.idx ?? null)],
    },
  };
}

function series(line: Line): uPlot.Series {
  const stroke = color(line.color);
  const base = { label: line.label, stroke, points: { show: false }, spanGaps: false };
  switch (line.shape) {
    case 'bars': {
      const paths = uPlot.paths.bars?.({ size: [0.8, 40] });
      return { ...base, fill: stroke, width: 0, ...(paths && { paths }) };
    }
    case 'dashed':
      return { ...base, width: 1.5, dash: [6, 4] };
    case 'edge':
      return { ...base, width: 0 };
    default:
      // A lone point between gaps would be no line at all.
      return { ...base, width: 2, points: { show: lonely, size: 5, fill: stroke } };
  }
}

function lonely(plot: uPlot, series: number): boolean {
  const values = plot.data[series] ?? [];
  return values.filter((value) => value != null).length <= 2;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

function axisTimes(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
  return splits.map((at) => (step >= 86_400 ? date : clock).format(at * 1000));
}

function drawIncomplete(plot: uPlot, until: number | undefined): void {
  if (until === undefined) return;
  const { left, top, width, height } = plot.bbox;
  const x = Math.max(left, plot.valToPos(until, 'x', true));
  if (x >= left + width) return;
  plot.ctx.fillStyle = color('--incomplete');
  plot.ctx.fillRect(x, top, left + width - x, height);
}

/** Pixels between markers that have a label. */
const LEAST_PITCH = 40;

function drawMarkers(plot: uPlot, markers: Marker[]): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  // Where the labels of each row end; a label that would cover another goes a row down.
  const rows = [0, 0, 0];
  ctx.save();
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([]);
  const placed = markers
    .map((marker) => ({ marker, x: plot.valToPos(marker.at, 'x', true) }))
    .filter(({ x }) => x >= bbox.left && x <= bbox.left + bbox.width);
  // Many of them would hide what the chart is about.
  const crowded = placed.length * LEAST_PITCH * ratio > bbox.width;
  if (crowded) ctx.globalAlpha = 0.3;
  for (const { marker, x } of placed) {
    ctx.strokeStyle = color(marker.color);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (crowded) continue;
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    const right = x + 120 * ratio > bbox.left + bbox.width;
    ctx.textAlign = right ? 'right' : 'left';
    const start = right ? x - ctx.measureText(marker.label).width - 4 * ratio : x;
    const row = rows.findIndex((end) => end <= start);
    // Where no row is free the line stands alone: pages list what it is.
    if (row < 0) continue;
    rows[row] = start + ctx.measureText(marker.label).width + 12 * ratio;
    ctx.fillText(marker.label, x + (right ? -4 : 4) * ratio, bbox.top + (12 + 13 * row) * ratio);
  }
  ctx.restore();
}

function color(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}
