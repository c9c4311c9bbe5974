import { useState } from 'preact/hooks';
import { rememberToken } from '../api/client';

/** Asks for a bearer token; it is kept until the tab is closed. */
export function SignIn({ reason, done }: { reason: string; done: () => void }) {
  const [token, set] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    rememberToken(token.trim());
    done();
  };
  return (
    <main class="signin">
      <form class="panel" onSubmit={submit}>
        <h1>corswatch</h1>
        <p>This server asks for a token: {reason}.</p>
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
    </main>
  );
}
