import { useState } from 'preact/hooks';
import { time } from './format';
import { type Line, Plot, type PlotProps } from './plot';

interface Props extends Omit<PlotProps, 'onPoint' | 'label'> {
  title: string;
  now: number;
  /** Lines that are drawn but need no entry in the legend. */
  unlisted?: string[];
}

/** A chart with its legend, which tells the values under the pointer, and the same as a table. */
export function Figure({ title, now, unlisted = [], ...plot }: Props) {
  const [point, setPoint] = useState<number | null>(null);
  const [open, setOpen] = useState(false);
  const at = point === null ? undefined : plot.times[point];
  const listed = plot.lines.filter((line) => !unlisted.includes(line.label));
  const value = (line: Line, index: number) => {
    const number = line.values[index];
    return number == null ? '–' : plot.format(number);
  };
  return (
    <figure>
      <figcaption>
        <h3>{title}</h3>
        <span class="legend">
          {listed.map((line) => (
            <span key={line.label} class={`key ${line.color.slice(2)} ${line.shape ?? 'line'}`}>
              {line.label}
              {point !== null && <b> {value(line, point)}</b>}
            </span>
          ))}
          <time class="muted">{at === undefined ? '' : time(at * 1000, now)}</time>
        </span>
      </figcaption>
      <Plot
        {...plot}
        label={`${title}; the same numbers are in the table below`}
        onPoint={setPoint}
      />
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{title} as a table</summary>
        {open && (
          <div class="scroll">
            <table>
              <caption class="visually-hidden">{title}</caption>
              <thead>
                <tr>
                  <th scope="col">Time</th>
                  {plot.lines.map((line) => (
                    <th key={line.label} scope="col" class="number">
                      {line.label}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {plot.times.map((seconds, index) => (
                  <tr key={seconds}>
                    <th scope="row">{time(seconds * 1000, now)}</th>
                    {plot.lines.map((line) => (
                      <td key={line.label} class="number">
                        {value(line, index)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </details>
    </figure>
  );
}
