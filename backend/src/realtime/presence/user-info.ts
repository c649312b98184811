import type { PresentUser, UserInfo } from '@gatehouse/protocol'

export function presentUser(user: string, info: UserInfo | null): PresentUser {
  return info === null ? { user } : { user, info }
}

export function isSameInfo(one: UserInfo | null, other: UserInfo | null): boolean {
  if (one === other) return true
  return one !== null && other !== null && JSON.stringify(one) === JSON.stringify(other)
}
