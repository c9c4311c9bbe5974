// Names of this side for what the API describes.
import type { Schemas } from './client';

export type Incident = Schemas['Listed'];
export type IncidentDetail = Schemas['Detail'];
export type Silence = Schemas['SilenceView'];
export type SilenceReport = Schemas['SilenceReport'];
export type Fault = Schemas['Fault'];
