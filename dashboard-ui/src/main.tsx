import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/index.css';
import { App } from './shell/app';
import { applyTheme } from './shell/theme';

applyTheme();
// A partner sees one page, without the frame, the palette and the questions of the others.
if (location.pathname === '/partner') {
  import('./pages/partner').then(({ default: Partner }) => render(<Partner />, document.body));
} else {
  render(<App />, document.body);
}
