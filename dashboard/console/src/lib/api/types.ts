// The answers of /api/v1 as the console reads them. Keys the console does not use are left out.

export type LevelNumber = 1 | 2 | 3 | 4 | 5;

/** A sentence of the server in two languages; without English the Japanese one is shown, marked as Japanese. */
export interface Text {
  ja: string;
  en: string | null;
}

export type Role = "viewer" | "shelter_desk" | "duty_officer" | "approver" | "administrator" | "auditor";
export type Right =
  | "see" | "acknowledge" | "prepare" | "decline" | "let_out" | "take_device_out" | "read_record" | "export_record" | "manage_accounts";

export interface Session {
  user: string;
  display: string;
  role: Role;
  role_ja: string;
  second_factor: boolean;
  needs_second_factor: boolean;
  rights: Right[];
  csrf: string;
  idle_max_min: number;
}

export interface Feed {
  id: string;
  name: Text;
  heard_at: string | null;
  late: boolean;
  age_min: number | null;
  limit_min: number;
}

export interface Status {
  town: { code: string; name: string; name_en: string };
  realm: "actual" | "exercise";
  mode: "live" | "drill" | "demo";
  replay: { event: string; event_en: string } | null;
  server_time: string;
  speed: number;
  as_of: string;
  version: { binary: string; bundle: string | null };
  gauges: { working: number; all: number };
  feeds: Feed[];
  brokers: { name: string; up: boolean; since: string | null; why: string | null }[];
  outside: { state: "unknown" | "up" | "down"; text: Text; since: string | null };
  models_on: boolean;
  record: { writable: boolean };
  undecided: number;
  waiting_for_second: number;
  standing: string[];
}

export interface Span {
  from: string;
  to: string | null;
}

export interface Mark {
  key: string;
  name: string;
  level: LevelNumber | null;
  level_m: number;
}

export type GaugeState = "live" | "quiet_as_designed" | "frozen" | "late" | "silent" | "suspected_submerged" | "out_of_use";
export type Quality = "good" | "not_checked" | "suspect" | "bad";

export interface Gauge {
  id: string;
  name: string;
  name_en: string | null;
  river: string;
  river_en: string | null;
  at: [number, number] | null;
  in_town: boolean;
  level_m: number | null;
  observed_at: string | null;
  state: GaugeState;
  quality: Quality;
  note: string | null;
  rise_m_per_h: number | null;
  reached: Mark | null;
  next: (Mark & { margin_m: number }) | null;
  chances: { ahead_h: number; percent: number; low_percent: number; high_percent: number }[];
  chance_of: string | null;
  marks: Mark[];
  tier: string;
  record: string | null;
  source: string;
  deciding: boolean;
}

export interface Chart {
  gauge: string;
  name: string;
  name_en: string;
  river: string;
  river_en: string;
  now: string;
  datum: string;
  cadence_min: number;
  observed: { at: string; level_m: number | null; quality: Quality }[];
  forecast: { at: string; low90_m: number; low50_m: number; median_m: number; high50_m: number; high90_m: number }[];
  no_forecast: string | null;
  marks: Mark[];
  tier: string;
  record: string | null;
  source: string;
}

export interface SituationArea {
  id: string;
  name: string;
  name_en: string | null;
  label: [number, number] | null;
  in_force: LevelNumber | null;
  proposed: LevelNumber | null;
  people: number | null;
  people_in_zone: number | null;
  approximate: boolean;
}

export interface OfficialItem {
  name: string;
  place: string;
  since: string | null;
  source: string;
  issued_at: string;
  stale: boolean;
  note: string | null;
}

export interface Situation {
  as_of: string;
  headline: { level: LevelNumber | null; text: Text; detail: string | null; detail_en?: string | null };
  areas: SituationArea[];
  dangers: {
    level: LevelNumber | null; kind: "measured" | "forecast" | "official"; place: string; what: string;
    from: string | null; to: string | null; as_of: string; people: number | null;
  }[];
  changes: { at: string; text: string }[];
  in_force: {
    id: string; level: LevelNumber; place: string; areas: string[]; at: string; delivery: string; partly_failed: boolean;
  }[];
  broken: { text: string; since: string | null }[];
  official: { heard_at: string | null; stale: boolean; items: OfficialItem[]; left_out: number; ahead: OfficialItem[]; drills: number };
  external: {
    title: Text; heard_at: string; left_out: number;
    items: { name: string; text: string; source: string; at: string; until: string | null; stale: boolean; note: string | null }[];
  }[];
  charts: Chart[];
  gauges: Gauge[];
}

export type ItemKind = "new" | "seen" | "deciding" | "deferred" | "approved" | "declined" | "superseded" | "expired";

export interface ItemState {
  kind: ItemKind;
  by: string | null;
  at: string | null;
  until: string | null;
}

export interface Chance {
  mark: string;
  mark_m: number;
  gauge: string;
  ahead_h: number;
  percent: number;
  low_percent: number;
  high_percent: number;
  text: Text;
  per_100: Text;
}

/** How people bring themselves to safety. */
export type Way = "leave" | "upper_floor" | "secure_now";

/** What an officer judged without a recommendation. */
export interface OwnJudgement {
  by: string;
  at: string;
  words: string;
  way: Way | null;
  way_text: Text | null;
  valid_h: number | null;
  mine: boolean;
  level: LevelNumber;
  withdrawn: boolean;
}

export interface UnitOfTown {
  id: string;
  name: string;
  name_en: string | null;
  people: number | null;
}

export interface Judgements {
  as_of: string;
  may: boolean;
  limits: { areas_max: number; words_max: number; open_max: number; valid_h: { low: number; high: number; usual: number } };
  causes: { about: string; about_en: string | null; hazard: string; text: Text; is_river: boolean; ways: Way[] }[];
  areas: UnitOfTown[];
  open: { recommendation: string; own_judgement: OwnJudgement }[];
}

export interface Recount {
  about: string;
  level: LevelNumber;
  areas: { id: string; name: string; name_en: string | null; people_in_zone: number | null }[];
  people_in_zone: number;
  residents: number;
  shelters: { id: string; name: string; straight_m: number | null }[];
  left_out: { id: string; name: string; why: string; words: string }[];
  barred: string | null;
}

export interface InboxItem {
  id: string;
  level: LevelNumber;
  river: string;
  place: string;
  place_en: string | null;
  areas: string[];
  area_ids: string[];
  people: number | null;
  decide_by: Span | null;
  crossing: Span | null;
  reason: string;
  made_at: string;
  as_of: string;
  substance: string;
  chance: Chance | null;
  state: ItemState;
  present: string[];
  escalation: number;
  own_judgement?: OwnJudgement | null;
}

export interface WaitingText {
  text: string;
  river: string;
  place: string;
  by: string;
  own: boolean;
  since: string;
}

export interface Inbox {
  checked_at: string;
  items: InboxItem[];
  waiting: WaitingText[];
  reviews_due: { notice: string; by: string; at: string }[];
}

export interface Ground {
  text: string;
  en?: string | null;
  source: string;
  source_en?: string | null;
  at: string;
}

export interface NearShelter {
  id: string;
  name: string;
  straight_m: number | null;
  approved_for_flood: boolean;
  depth_at_site: string | null;
  state: string;
  state_at: string | null;
  capacity: number | null;
  free: number | null;
}

export interface Detail {
  id: string;
  level: LevelNumber;
  level_text: Text;
  hazard: Text;
  river: string;
  place: string;
  place_en: string | null;
  areas: { id: string; name: string; name_en: string | null; people_in_zone: number | null }[];
  state: ItemState & { superseded_by?: string | null };
  locked: string | null;
  made_at: string;
  as_of: string;
  substance: string;
  chance: Chance | null;
  no_chance: string | null;
  crossing: Span | null;
  decide_by: Span | null;
  time_terms: { name: string; minutes: number }[];
  exposed: { people: number; households: number | null; needing_help: number | null; shelter_users: [number, number] | null; basis: string } | null;
  charts: Chart[];
  evidence: Ground[];
  counter_evidence: Ground[];
  no_counter_evidence: string | null;
  shelters: NearShelter[];
  official: { name: string; level: LevelNumber | null; issuer: string; at: string }[];
  official_checked_at: string | null;
  would_change: string[];
  would_change_en?: (string | null)[];
  left_out: string[];
  tier: string;
  model: string | null;
  record: string | null;
  record_en?: string | null;
  present: string[];
  own_judgement?: OwnJudgement | null;
}

export type Needs = "one" | "two" | "one_then_review";

export interface Words {
  kind: "ja" | "ja_easy" | "en" | "area_mail" | "cap" | "other";
  lang: string;
  body: string;
  length: number;
  over: { subject: number; body: number } | null;
}

export interface ChannelPlan {
  id: string;
  name: string;
  condition: string;
  /** `ready`, `owed`, `broker_down`, `unreadable`. */
  state?: string;
  owed?: number | null;
  limit: { subject_max: number | null; body_max: number | null } | null;
}

export interface Check {
  question: string;
  hint: string;
}

export interface Sheet {
  id: string;
  substance: string;
  as_of: string;
  locked: string | null;
  level_proposed: LevelNumber;
  levels: { level: LevelNumber; text: Text; proposed: boolean; barred: string | null; needs: Needs }[];
  reasons: { code: string; text: string }[];
  decline_reasons: { code: string; text: string; text_en: string | null }[];
  defer_min: number[];
  check: Check;
  previews: { level: LevelNumber; texts: Words[] }[];
  channels: ChannelPlan[];
  confirm: Text;
  present: string[];
}

export interface Shown {
  id: string;
  digest: string;
  needs: Needs;
  approving: "alone" | "first_of_two" | "second_of_two" | "lone";
  action: "issue" | "lift" | "cancel";
  level: LevelNumber;
  level_text: Text | string;
  river: string;
  place: string;
  areas: string[];
  reason: string;
  cautions: string[];
  cautions_en?: (string | null)[];
  channels: ChannelPlan[];
  texts: Words[];
  shown_at: string;
  valid_min: number;
  confirm: Text;
  check: Check;
  /** How it differs from what was recommended. */
  edited?: { added: { id: string; name: string }[]; dropped: { id: string; name: string }[]; valid_h: number | null } | null;
}

export type Outcome =
  | { outcome: "published"; notice: string }
  | { outcome: "waits_for_second"; text: string }
  | { outcome: "withdrawn" };

export interface WaitingDetail {
  state: "waiting" | "over" | "published";
  own: boolean;
  by: string;
  at: string;
  waited_s: number;
  lone_after_s: number;
  may_go_alone: boolean;
  missing: string[];
  recommendation: string | null;
  /** The grounds that the text was written on. */
  substance: string | null;
  /** Why nobody can approve it any more as it stands; told to its first person only. */
  why_stale: Text | null;
  shown: Shown | null;
}

export interface SecondSheet {
  by: string;
  river: string;
  place: string;
  areas: string[];
  evidence: Ground[];
  counter_evidence: Ground[];
  detail_of: string | null;
  choices: { code: string; text: Text }[];
  check: Check;
  chosen: string | null;
}

export interface SecondAnswer {
  agrees: boolean;
  first: { by: string; choice: string; reason?: string };
  second?: string;
  text?: Text;
  shown?: Shown;
}

export interface AloneSheet {
  missing: string[];
  waited_s: number;
  shown: Shown;
  cautions: string[];
  cautions_en?: (string | null)[];
}

export type CellState = "waiting" | "sending" | "accepted" | "retrying" | "failed" | "not_owed";

export interface Cell {
  channel: string;
  name?: string;
  state: CellState;
  at: string | null;
  receipt: string | null;
  why: string | null;
  attempts: number;
}

export interface NoticeRow {
  id: string;
  action: "issue" | "lift" | "cancel";
  level: LevelNumber;
  level_text: Text | string;
  river: string;
  place: string;
  areas: string[];
  state: "in_force" | "lifted" | "cancelled" | "replaced" | "expired" | "ended" | string;
  approved_at: string;
  approved_by: string;
  how: string;
  expires: string | null;
  review: { by: string; agrees: boolean; words: string; at: string } | null;
  cells: Cell[];
}

export interface Board {
  as_of: string;
  channels: { id: string; name: string }[];
  rows: NoticeRow[];
  next: string | null;
}

export interface NoticeDetail extends NoticeRow {
  texts: Words[];
  digest: string;
  replaces: string[];
  public_url: string | null;
  lifting: { met: string[]; lacks: string[]; grounds: string } | null;
  end_reasons: { code: string; text: string; text_en: string | null; ending: "lift" | "cancel" }[];
  check: Check;
  story: { at: string; who: string; who_en?: string | null; text: string; text_en?: string | null }[];
  /** The correction and the cancellation as they stand ready. */
  prepared?: { remedy: "correct" | "cancel"; text: string; prepared_at: string; needs: Needs; why_stale: string | null }[];
}

export type AlarmClass = "act_now" | "act_soon" | "know";

export interface Alarm {
  key: string;
  class: AlarmClass;
  text: Text;
  since: string;
  item: { kind: "recommendation" | "text" | "notice" | "feed" | "station" | string; id: string };
  acknowledged: { by: string; at: string } | null;
  rests_until: string | null;
  escalation: number;
  group: string | null;
}

export interface Alarms {
  alarms: Alarm[];
  mute: { by: string; until: string }[];
}

export interface TimelineEntry {
  seq: number | string;
  at: string;
  kind: string;
  who: string;
  who_en?: string | null;
  text: string;
  /** Nothing where it is somebody's own words. */
  text_en?: string | null;
  area_ids: string[];
  source: string;
  item: { kind: string; id: string } | null;
}

export interface Handover {
  as_of: string;
  digest: string;
  open: InboxItem[];
  waiting: WaitingText[];
  in_force: NoticeRow[];
  silent: { id: string; name: string; name_en?: string; text: Text }[];
  notes: TimelineEntry[];
  /** Side and digest are null where the entry cannot be read, and `unreadable` says so. */
  signatures: { at: string; by: string; side: "leaving" | "arriving" | null; digest: string | null; unreadable: Text | null }[];
}

export interface AuditEntry {
  seq: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  text: string;
  text_en?: string | null;
  detail: Record<string, unknown> | null;
  hash: string;
}

export interface AuditPage {
  len: number;
  entries: AuditEntry[];
  next: string | null;
}

export interface Verified {
  whole: boolean;
  entries: number;
  broken_at: number | null;
  checked_at: string;
  checkpoint: Record<string, unknown> | null;
}

export interface Officers {
  officers: { name: string; display: string; role: Role; role_ja: string; second_factor: boolean }[];
  authorities: {
    officer: string; level_max: number; basis: string; document: string; rank: number | null; from: string | null; until: string | null;
  }[];
}

export interface Rules {
  approval: {
    level3: string; level4: string; level5: string; cancel: string; lift: string;
    lone_after_min: number; review_within_min: number; basis_age_max_min: number; escalate_after_s: number[];
  };
  idle_max_min: number;
  channels: ChannelPlan[];
  areas: { id: string; name: string; name_en?: string; people: number | null }[];
  marks: { gauge: string; name: string; name_en?: string; marks: Mark[] }[];
  models: { on: boolean; gauges: number };
  retention: unknown;
}

export interface Shelter {
  id: string;
  name: string;
  name_en: string | null;
  address: string | null;
  at: [number, number];
  in_town: boolean;
  approved_for: string[];
  depth_at_site: string | null;
  capacity: number | null;
  state: "open" | "closed" | "full" | "unreachable" | "not_reported";
  occupancy: number | null;
  free: number | null;
  state_at: string | null;
  old: boolean;
  note: string | null;
}

export interface Shelters {
  as_of: string;
  shelters: Shelter[];
}

export interface Device {
  name: string;
  state: "in_use" | "out_of_use" | "revoked" | "not_enrolled";
  at: string | null;
  by: string | null;
  reason: string | null;
  speaks_for: string | string[] | null;
  heard_at: string | null;
  connections: number | null;
  messages: number | null;
  refused: number | null;
  throttled: number | null;
}

export interface Devices {
  rule: string;
  may_bar: boolean;
  rows: Device[];
}

/** What the stream tells; kinds the console does not know are passed over. */
export type StreamEvent =
  | { event: "status"; server_time: string; speed: number; as_of: string; undecided: number; waiting_for_second: number; gauges: { working: number; all: number } }
  | { event: "reading"; station: string; quantity: string; at: string; value: number; flag: number; received_at: string }
  | { event: "gap"; why: string; missed: number | null }
  | { event: "picture" | "recommendation" | "decision" | "notice" | "delivery" | "feed" | "presence" | "note" | "device" | "health" | "official" | "external" | "link"; [key: string]: unknown };
