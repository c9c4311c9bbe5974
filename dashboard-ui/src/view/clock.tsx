// One clock for everything on a page: every panel asks about the same time, in the same round.
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { skewMs } from '../api/client';

export interface Round {
  /** Grows by one each time everything is asked again. */
  round: number;
  /** The end of every relative time range of this round, by the server's clock. */
  to: string;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  /** Asks everything again. */
  again: () => void;
}

const RoundContext = createContext<Round>({
  round: 0,
  to: '',
  paused: false,
  setPaused: () => {},
  again: () => {},
});
const NowContext = createContext(Date.now());

export const useRound = (): Round => useContext(RoundContext);

/** The time by the server's clock, once a second, in milliseconds: for ages of things. */
export const useNow = (): number => useContext(NowContext);

/** Rounds every `everyMs`; they rest while the page is hidden or paused. */
export function Clock({ everyMs, children }: { everyMs: number; children: ComponentChildren }) {
  const [round, setRound] = useState(1);
  const [paused, setPaused] = useState(false);
  const was = useRef(paused);
  const again = () => setRound((count) => count + 1);
  useEffect(() => {
    const resumed = was.current && !paused;
    was.current = paused;
    if (paused) return;
    if (resumed) again();
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, everyMs);
    const seen = () => {
      if (!document.hidden) again();
    };
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [paused, everyMs]);
  const value = useMemo(() => {
    const to = new Date(Date.now() + skewMs).toISOString();
    return { round, to, paused, setPaused, again };
  }, [round, paused]);
  return (
    <RoundContext.Provider value={value}>
      <Seconds>{children}</Seconds>
    </RoundContext.Provider>
  );
}

function Seconds({ children }: { children: ComponentChildren }) {
  const [now, set] = useState(Date.now() + skewMs);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) set(Date.now() + skewMs);
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  return <NowContext.Provider value={now}>{children}</NowContext.Provider>;
}
