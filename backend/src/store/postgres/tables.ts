import type { ColumnType, Kysely } from 'kysely'

/** Milliseconds since 1970, UTC; stored as bigint. */
type Time = number
/** Written as JSON text, read as the parsed value. */
type Json<T> = ColumnType<T, string, string>

export interface OperatorTable {
  name: string
  role: string
  rooms: string[]
  password_hash: string
  disabled: boolean
  created_at: Time
  last_sign_in_at: Time | null
}

export interface SignInTable {
  id: string
  secret_hash: Buffer
  operator: string
  created_at: Time
  last_seen_at: Time
  expires_at: Time
  address: string | null
  user_agent: string | null
}

interface SigninLinkTable {
  secret_hash: Buffer
  expires_at: Time
}

export interface ApiKeyTable {
  id: string
  key_hash: Buffer
  name: string
  verbs: string[]
  rooms: string[]
  created_at: Time
  created_by: string
  expires_at: Time | null
  last_used_at: Time | null
}

interface RevokedApiKeyTable {
  key_hash: Buffer
  revoked_at: Time
}

export interface AuditTable {
  seq: number
  entry_id: string
  at: Time
  actor: string
  actor_kind: string
  action: string
  target: string | null
  outcome: string
  address: string | null
  request_id: string | null
  detail: Json<Record<string, unknown>>
  hash: string
}

interface AuditHeadTable {
  single: boolean
  seq: number
  hash: string
}

export interface BanTable {
  id: string
  kind: string
  value: string
  reason: string
  message: string | null
  by: string
  created_at: Time
  expires_at: Time | null
}

export interface RoomStateTable {
  room: string
  reason: string
  message: string | null
  by: string
  at: Time
  reopens_at: Time | null
}

interface RevisionTable {
  name: string
  value: number
}

export interface OperationTable {
  id: string
  kind: string
  node: string
  state: string
  by: string
  epoch: number
  holds: boolean
  created_at: Time
  started_at: Time | null
  ended_at: Time | null
  plan: Json<unknown>
  operation: Json<unknown>
  cursor: Json<unknown>
}

interface PlanTable {
  id: string
  expires_at: Time
  body: Json<unknown>
}

interface IdempotencyTable {
  actor: string
  key: string
  fingerprint: string
  taken_at: Time
  status: number | null
  body: Json<unknown> | null
}

interface CloseRecordTable {
  closed_at: Time
  id: string
  node: string
  reason: string
  code: number | null
  user_id: string | null
  address: string | null
  network: string | null
  client: string | null
  rooms: string[]
  actor: string | null
  operation: string | null
  duration_ms: number
  pending_bytes: number
  reconnected_as: string | null
  body: Json<unknown>
}

interface RefusalTable {
  at: Time
  id: string
  node: string
  reason: string
  status: number | null
  address: string | null
  network: string | null
  origin: string | null
  user_agent: string | null
  user_id: string | null
  evidence: Json<unknown>
  suppressed: number
}

interface StatsTable {
  node: string
  resolution: number
  at: Time
  point: Json<unknown>
}

interface NodeTable {
  node: string
  started_at: Time
  version: string
  heartbeat_at: Time
  open: number
  books: Json<unknown>
  stopped: boolean
}

interface SettingTable {
  name: string
  value: string
}

/** All tables, in the schema `gatehouse`. */
export interface Tables {
  operators: OperatorTable
  sign_ins: SignInTable
  signin_links: SigninLinkTable
  api_keys: ApiKeyTable
  revoked_api_keys: RevokedApiKeyTable
  audit: AuditTable
  audit_head: AuditHeadTable
  bans: BanTable
  room_states: RoomStateTable
  revisions: RevisionTable
  operations: OperationTable
  plans: PlanTable
  idempotency: IdempotencyTable
  close_records: CloseRecordTable
  refusals: RefusalTable
  stats: StatsTable
  nodes: NodeTable
  settings: SettingTable
}

/** Queries against the tables, with the schema already set. */
export type Database = Kysely<Tables>
