// Shapes of incidents, and of answers that this build's description of the API need not have:
// silences, maintenance, deliveries. A server without them answers 404, and panels say so.
import type { Schemas } from './client';

export type Incident = Schemas['Listed'];
export type IncidentDetail = Schemas['Detail'];
export type Incidents = Schemas['IncidentsBody'];

export interface Silence {
  id: string;
  match: Record<string, string>;
  starts_at: string;
  ends_at: string;
  author: string;
  reason: string;
  rrule?: string | null;
}

export interface Delivery {
  at: string;
  receiver: string;
  state?: string;
  outcome?: string;
  status?: number | null;
  incident?: string | null;
  detail?: string | null;
}
