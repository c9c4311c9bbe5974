import { useEffect, useState } from 'preact/hooks';
import { ask, rememberToken, type Schemas } from '../api/client';

type Methods = Schemas['MethodsBody'];

/** Asks who is there: at the identity provider, or by a bearer token that is kept until the tab is closed. */
export function SignIn({ reason, done }: { reason: string; done: () => void }) {
  const methods = useMethods();
  return (
    <main class="signin">
      <div class="panel">
        <h1>corswatch</h1>
        <p>This server asks who you are: {reason}.</p>
        {methods?.login && (
          <p class="actions">
            <a class="primary button" href={signInAt(methods.login)} target="_self">
              Sign in
            </a>
          </p>
        )}
        {methods?.token !== false && <Token done={done} />}
      </div>
    </main>
  );
}

function Token({ done }: { done: () => void }) {
  const [token, set] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    rememberToken(token.trim());
    done();
  };
  return (
    <form onSubmit={submit}>
      <label>
        Token
        <input
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => set(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary">
        Continue
      </button>
    </form>
  );
}

/** The way to the provider and back to what is shown now. */
function signInAt(login: string): string {
  const here = `${location.pathname}${location.search}`;
  return `${login}?${new URLSearchParams({ return: here })}`;
}

/** The ways in; unknown until the server said so, and with a server that is older than these pages. */
function useMethods(): Methods | undefined {
  const [methods, set] = useState<Methods | undefined>(undefined);
  useEffect(() => {
    const flight = new AbortController();
    ask<Methods>('/auth/methods', flight.signal).then(set, () => undefined);
    return () => flight.abort();
  }, []);
  return methods;
}
