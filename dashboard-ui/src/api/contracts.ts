// Answers of routes that this build's description of the API need not have: incidents, silences,
// deliveries. A server without them answers 404, and panels say so.

export interface Impact {
  sessions: number;
  all_sessions: number;
  failed: number;
  requests: number;
  share: number | null;
  since: string;
  trend: string;
  text: string;
}

export interface Suspect {
  kind: string;
  id: string;
  at: string;
  score: number;
  why: string;
  undo?: string;
}

export interface Incident {
  id: string;
  state: string;
  opened_at: string;
  closed_at: string | null;
  closed_as: string | null;
  merged_into?: string | null;
  severity: string;
  title: string;
  cause: string | null;
  parameter: string | null;
  stage: string | null;
  target_origin: string | null;
  service: string | null;
  owner: string | null;
  runbook_url: string | null;
  endpoints: string[];
  slis: string[];
  impact: Impact | null;
  suspects: Suspect[];
  suspects_known?: boolean;
  alerts: { id: string; slo: string; rule: string; measured?: string; budget?: string }[];
}

export interface Incidents {
  incidents: Incident[];
}

export interface IncidentDetail extends Incident {
  description: string;
  timeline: { at: string; what: string; text: string }[];
  evidence: {
    diagnosis: string;
    fix: string;
    headers: string[];
    changes: { header: string; before: string; after: string; to: string; what: string }[];
    affected: string[];
    healthy: string[];
    page_origins: string[];
  };
  runbook: { done: boolean; text: string }[];
  previous: string | null;
  waits_for: string[];
  cached_until: string | null;
  times: { to_detect: string; to_notify: string | null; to_fix: string | null };
}

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
