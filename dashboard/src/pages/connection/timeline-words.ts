import { capital } from '../../format/text.js'
import type { IconName, StateName } from '../../ui/icons.js'

interface EntryWord {
  readonly icon: IconName
  readonly state?: StateName
  readonly word: string
}

const WORDS: Record<string, EntryWord> = {
  opened: { icon: 'gate', word: 'Opened' },
  authenticated: { icon: 'ready', state: 'ready', word: 'Authenticated' },
  joined: { icon: 'join', word: 'Joined' },
  left: { icon: 'kick', word: 'Left' },
  refreshed: { icon: 'key', word: 'Token refreshed' },
  paused: { icon: 'pause', state: 'degraded', word: 'Paused reading' },
  resumed: { icon: 'play', word: 'Resumed reading' },
  slow: { icon: 'degraded', state: 'degraded', word: 'Reads too slowly' },
  recovered: { icon: 'ready', state: 'ready', word: 'Recovered' },
  rate_limited: { icon: 'slow', state: 'degraded', word: 'Over its rate' },
  error: { icon: 'degraded', state: 'degraded', word: 'Error' },
  notified: { icon: 'bell', state: 'draining', word: 'Told to move' },
  closing: { icon: 'draining', state: 'draining', word: 'Closing' },
  closed: { icon: 'x', word: 'Closed' },
}

/** How a timeline entry reads: icon, colour and words. */
export function entryWord(kind: string): EntryWord {
  return WORDS[kind] ?? { icon: 'clock', word: capital(kind.replaceAll('_', ' ')) }
}
