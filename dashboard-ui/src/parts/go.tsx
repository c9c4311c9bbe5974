import type { ComponentChildren } from 'preact';
import type { Filters } from '../view/filters';
import type { PageName } from '../view/pages';
import { useView } from '../view/view';

interface Props {
  to: PageName;
  /** Filters beside those of the page. */
  with?: Partial<Filters>;
  id?: string;
  children: ComponentChildren;
  class?: string;
  title?: string;
}

/** A link to a page that carries the filters. */
export function Go({ to, with: some, id, children, ...rest }: Props) {
  const { href } = useView();
  return (
    <a href={href(to, some, id)} {...rest}>
      {children}
    </a>
  );
}
