import { Tiles } from '../../panels/tiles';

export default function Executive() {
  return <Tiles />;
}
