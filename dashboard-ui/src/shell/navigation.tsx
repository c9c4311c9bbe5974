import { PAGES } from '../view/pages';
import { useView } from '../view/view';

/** The ways to every page; each carries the filters. */
export function Navigation({ shown }: { shown: string }) {
  const { href } = useView();
  return (
    <nav aria-label="Pages">
      <ul>
        {PAGES.map(({ name, title, about }) => (
          <li key={name}>
            <a href={href(name)} aria-current={name === shown ? 'page' : undefined} title={about}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
