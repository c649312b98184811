/** What a role or an API key may do, checked on the server for each request. */
export const verbs = [
  'read',
  'metrics.read',
  'publish',
  'room.join',
  'connection.disconnect',
  'connection.bulk',
  'room.close',
  'room.reopen',
  'room.clear',
  'ban.user',
  'ban.address',
  'ban.lift',
  'operation.plan',
  'operation.run',
  'token.mint',
  'console',
  'audit.read',
  'payload.read',
  'access.read',
  'access.write',
  'settings.read',
  'settings.write',
] as const
export type Verb = (typeof verbs)[number]

export const roles = ['viewer', 'moderator', 'operator', 'developer', 'auditor', 'admin'] as const
export type Role = (typeof roles)[number]

const viewer: readonly Verb[] = ['read', 'metrics.read']
const room: readonly Verb[] = ['room.close', 'room.reopen', 'room.clear']
const ban: readonly Verb[] = ['ban.user', 'ban.address', 'ban.lift']

/** Roles are sets of verbs. A moderator's verbs apply only inside its room patterns. */
export const roleVerbs: Readonly<Record<Role, readonly Verb[]>> = {
  viewer,
  moderator: [...viewer, ...room, 'publish', 'connection.disconnect', 'ban.user'],
  operator: [...viewer, ...room, ...ban, 'connection.disconnect', 'connection.bulk', 'operation.plan', 'operation.run'],
  developer: [...viewer, 'token.mint', 'publish', 'console'],
  auditor: [...viewer, 'audit.read', 'payload.read'],
  admin: verbs,
}
