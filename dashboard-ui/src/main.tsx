import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/index.css';
import { Page } from './page';
import { applyTheme } from './theme';

applyTheme();
render(<Page />, document.body);
