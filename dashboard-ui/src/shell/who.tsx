import { useEffect, useState } from 'preact/hooks';
import { ask, type Schemas, send } from '../api/client';

type Me = Schemas['MeBody'];

const SIGN_OUT_TIMEOUT_MS = 20_000;

/** Who asks, as the server knows it; asked once. */
export function useMe(): Me | undefined {
  const [me, set] = useState<Me | undefined>(undefined);
  useEffect(() => {
    const flight = new AbortController();
    ask<Me>('/api/v1/me', flight.signal).then(set, () => undefined);
    return () => flight.abort();
  }, []);
  return me;
}

/** Who is signed in, with a way out. Tokens and this machine have no session to leave. */
export function Who() {
  const me = useMe();
  const [failed, fail] = useState(false);
  if (me?.way !== 'session' && me?.way !== 'proxy') return null;
  const leave = async () => {
    try {
      const signal = AbortSignal.timeout(SIGN_OUT_TIMEOUT_MS);
      const left = await send<Schemas['LogoutBody']>('POST', '/auth/logout', undefined, signal);
      location.assign(left?.provider ?? '/');
    } catch {
      fail(true);
    }
  };
  return (
    <span class="who">
      <span title={`${me.role}${me.apps ? ` of ${me.apps.join(', ')}` : ''}`}>{me.name}</span>
      {me.way === 'session' && (
        <button type="button" onClick={leave}>
          {failed ? 'Sign out again' : 'Sign out'}
        </button>
      )}
    </span>
  );
}
