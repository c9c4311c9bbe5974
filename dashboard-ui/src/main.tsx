import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/index.css';
import { App } from './shell/app';
import { applyTheme } from './shell/theme';

applyTheme();
render(<App />, document.body);
