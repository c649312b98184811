const NAMES =
  'ada bruno chen dalia emre fatima goran hana ivo jun kofi lena mateo noor olga pavel quinn rosa sami tove umar vera wim xenia yusuf zoe'.split(
    ' ',
  )
const PLACES = 'oslo lima kyoto accra quito turin delhi perth cork sofia bogota hanoi'.split(' ')

/** The name of one person, different for every index. */
export function personOf(index: number): string {
  const place = PLACES[Math.floor(index / NAMES.length) % PLACES.length]
  const round = Math.floor(index / (NAMES.length * PLACES.length))
  return `${NAMES[index % NAMES.length]}.${place}${round === 0 ? '' : round}`
}

export const CLIENT_PROGRAMS = [
  { name: 'web', version: '4.2.1' },
  { name: 'web', version: '4.2.1' },
  { name: 'web', version: '4.1.9' },
  { name: 'ios', version: '7.0' },
  { name: 'android', version: '6.8' },
  { name: 'kiosk', version: '1.3' },
]
export const REGIONS = ['eu', 'eu', 'us', 'ap']

export const CHAT_ROOMS = [
  'chat:lobby',
  'chat:lobby',
  'chat:garden',
  'chat:night-shift',
  'support:desk',
  'support:billing',
]
export const GAME_ROOMS = ['game:arena-1', 'game:arena-2', 'game:arena-3', 'game:arena-4']
export const QUIET_ROOMS = ['news:world', 'news:sport', 'board:standings']

export const LINES = [
  'morning all',
  'has anyone seen the new map?',
  'be right back',
  'that worked, thank you!',
  'the second one, not the first',
  'I can take that',
  'could somebody look at ticket 4412?',
  'lunch?',
  'done. Deploying in five',
  'it rains here too',
  'I will write it down',
  'who is on call tonight?',
]

export const HEADLINES = [
  'The harbour opens again after the storm',
  'A draw in the last minute',
  'Night trains return to the coast',
  'The old library gets a new roof',
  'First snow in the hills',
]
