import { isRoomName } from './room-name.js'
import { limits } from './limits.js'
import type { ReplyErrorCode } from './codes.js'
import type { ConnectData, HistoryData, JoinItem, Position, Request } from './frames.js'
import { faultInJson } from './json-text.js'

/** A frame that was read: its request, or why it is not one. `id` is set when the sender can be answered. */
export type Decoded =
  | { readonly request: Request; readonly fault?: undefined }
  | {
      readonly request?: undefined
      readonly fault: { readonly code: ReplyErrorCode; readonly message: string; readonly id?: number }
    }

const NO_DATA = Object.freeze({}) as Readonly<Record<string, never>>
const ID_REQUIRED = new Set(['connect', 'join', 'refresh', 'presence', 'history'])

/**
 * Reads one JSON frame. Total: any text gives a request or a documented fault; nothing is thrown, and no prototype is
 * changed. The caller has bounded the text's size.
 */
export function decodeFrame(text: string): Decoded {
  const textFault = faultInJson(text)
  if (textFault !== undefined) return fault('bad_request', textFault, leadingId(text))
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return fault('bad_request', 'the frame is not valid JSON')
  }
  return decodeFrameValue(frame)
}

/**
 * Reads one frame that is already parsed, from any encoding. Its parser has refused what no frame may hold (depth,
 * `__proto__`, unsafe integers, bytes anywhere except as a payload). Total.
 */
export function decodeFrameValue(frame: unknown): Decoded {
  if (!isRecord(frame)) return fault('bad_request', 'a frame must be an object with event and data')
  const { id, event, data = NO_DATA } = frame
  if (id !== undefined && !isRequestId(id)) {
    return fault('bad_request', `id must be a whole number from 1 to ${limits.requestId}`)
  }
  if (typeof event !== 'string') return fault('bad_request', 'event must be a string', id)
  if (!isRecord(data)) return fault('bad_request', 'data must be an object', id)
  if (id === undefined && ID_REQUIRED.has(event)) return fault('bad_request', `${event} needs an id`)
  return decodeRequest(event, id, data)
}

function decodeRequest(event: string, id: number | undefined, data: Fields): Decoded {
  const withId = id === undefined ? NO_DATA : { id }
  switch (event) {
    case 'publish':
      return decodePublish(id, data)
    case 'ping':
      return { request: { event, ...withId, data: NO_DATA } }
    case 'ack':
      return decodeAck(id, data)
    case 'join':
      return decodeJoin(id as number, data)
    case 'leave':
      return isRoomName(data['room']) ? { request: { event, ...withId, data: { room: data['room'] } } } : badRoom(id)
    case 'presence':
      return isRoomName(data['room'])
        ? { request: { event, id: id as number, data: { room: data['room'] } } }
        : badRoom(id)
    case 'connect':
      return decodeConnect(id as number, data)
    case 'refresh':
      if (typeof data['token'] !== 'string') return fault('bad_request', 'token must be a string', id)
      return { request: { event, id: id as number, data: { token: data['token'] } } }
    case 'history':
      return decodeHistory(id as number, data)
    default:
      return fault('unknown_event', 'this event is not part of the protocol', id)
  }
}

function decodePublish(id: number | undefined, data: Fields): Decoded {
  const { room, key, data64 } = data
  if (!isRoomName(room)) return badRoom(id)
  if (data64 !== undefined) {
    if ('data' in data) return fault('bad_request', 'publish takes data or data64, not both', id)
    if (!isBase64(data64)) return fault('bad_request', BASE64_RULE, id)
  } else if (!('data' in data)) return fault('bad_request', 'publish needs data', id)
  const payload = data64 === undefined ? { room, data: data['data'] } : { room, data64 }
  if (key === undefined) {
    return { request: id === undefined ? { event: 'publish', data: payload } : { event: 'publish', id, data: payload } }
  }
  if (typeof key !== 'string' || key.length === 0 || key.length > limits.keyLength) {
    return fault('bad_request', `key must be a string of 1 to ${limits.keyLength} characters`, id)
  }
  return { request: { event: 'publish', ...(id === undefined ? NO_DATA : { id }), data: { ...payload, key } } }
}

function decodeJoin(id: number, data: Fields): Decoded {
  const { rooms } = data
  if (rooms === undefined) {
    const item = joinItem(data)
    return typeof item === 'string' ? fault('bad_request', item, id) : { request: { event: 'join', id, data: item } }
  }
  if (!Array.isArray(rooms) || rooms.length === 0 || rooms.length > limits.joinRooms) {
    return fault('bad_request', `rooms must be a list of 1 to ${limits.joinRooms} rooms`, id)
  }
  const items: JoinItem[] = []
  for (const entry of rooms) {
    const item = isRecord(entry) ? joinItem(entry) : 'each entry of rooms must be an object with room'
    if (typeof item === 'string') return fault('bad_request', item, id)
    items.push(item)
  }
  return { request: { event: 'join', id, data: { rooms: items } } }
}

function joinItem(data: Fields): JoinItem | string {
  if (!isRoomName(data['room'])) return ROOM_NAME_RULE
  if (data['since'] === undefined) return { room: data['room'] }
  const since = position(data['since'])
  return since === undefined ? POSITION_RULE : { room: data['room'], since }
}

function decodeHistory(id: number, data: Fields): Decoded {
  if (!isRoomName(data['room'])) return badRoom(id)
  const { limit, reverse } = data
  const since = data['since'] === undefined ? undefined : position(data['since'])
  if (data['since'] !== undefined && since === undefined) return fault('bad_request', POSITION_RULE, id)
  if (limit !== undefined && !(isOffset(limit) && limit >= 1)) {
    return fault('bad_request', 'limit must be a whole number from 1', id)
  }
  if (reverse !== undefined && typeof reverse !== 'boolean')
    return fault('bad_request', 'reverse must be true or false', id)
  const query: HistoryData = {
    room: data['room'],
    ...(since === undefined ? NO_DATA : { since }),
    ...(limit === undefined ? NO_DATA : { limit }),
    ...(reverse === undefined ? NO_DATA : { reverse }),
  }
  return { request: { event: 'history', id, data: query } }
}

function decodeAck(id: number | undefined, { room, offset, epoch }: Fields): Decoded {
  if (!isRoomName(room)) return badRoom(id)
  if (!isOffset(offset)) return fault('bad_request', 'offset must be a whole number from 0', id)
  if (epoch !== undefined && !isFact(epoch)) return fault('bad_request', 'epoch must be a short string', id)
  const data = epoch === undefined ? { room, offset } : { room, offset, epoch }
  return { request: { event: 'ack', ...(id === undefined ? NO_DATA : { id }), data } }
}

function decodeConnect(id: number, data: Fields): Decoded {
  const { token, session, client, labels, since } = data
  if (token !== undefined && typeof token !== 'string') return fault('bad_request', 'token must be a string', id)
  if (session !== undefined && !isFact(session)) return fault('bad_request', 'session must be a short string', id)
  const request: { -readonly [K in keyof ConnectData]: ConnectData[K] } = {}
  if (token !== undefined) request.token = token
  if (session !== undefined) request.session = session
  if (client !== undefined) {
    if (!isRecord(client) || !isFact(client['name'])) return fault('bad_request', CLIENT_RULE, id)
    const version = client['version']
    if (version !== undefined && !isFact(version)) return fault('bad_request', CLIENT_RULE, id)
    request.client = version === undefined ? { name: client['name'] } : { name: client['name'], version }
  }
  if (labels !== undefined) {
    if (!isRecord(labels)) return fault('bad_request', LABELS_RULE, id)
    const entries = Object.entries(labels)
    if (entries.length > limits.labels || !entries.every(([name, value]) => isFact(name) && isFact(value))) {
      return fault('bad_request', LABELS_RULE, id)
    }
    request.labels = Object.fromEntries(entries) as Record<string, string>
  }
  if (since !== undefined) {
    const positions = positionsByRoom(since)
    if (positions === undefined) return fault('bad_request', POSITIONS_RULE, id)
    request.since = positions
  }
  return { request: { event: 'connect', id, data: request } }
}

/** The id of a frame that is refused before it is parsed, if it comes first, where clients write it. */
function leadingId(text: string): number | undefined {
  const id = Number(/^\s{0,8}\{\s{0,8}"id"\s{0,8}:\s{0,8}(\d{1,10})\s{0,8}[,}]/.exec(text.slice(0, 64))?.[1])
  return isRequestId(id) ? id : undefined
}

type Fields = Readonly<Record<string, unknown>>

const ROOM_NAME_RULE = `room must be segments of letters, digits, _ . - joined by : (at most ${limits.roomNameLength} characters)`
const BASE64_RULE = 'data64 must be base64 with padding'
const POSITION_RULE = 'since must be {epoch, offset}: both are needed'
const POSITIONS_RULE = `since must be at most ${limits.ownRooms} rooms with {epoch, offset} each`
const CLIENT_RULE = `client must be {name, version} of at most ${limits.clientFactLength} characters each`
const LABELS_RULE = `labels must be at most ${limits.labels} pairs of strings of at most ${limits.clientFactLength} characters`

function fault(code: ReplyErrorCode, message: string, id?: number): Decoded {
  return { fault: id === undefined ? { code, message } : { code, message, id } }
}

function badRoom(id: number | undefined): Decoded {
  return fault('bad_request', ROOM_NAME_RULE, id)
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRequestId(id: unknown): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id >= 1 && id <= limits.requestId
}

function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isFact(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= limits.clientFactLength
}

function positionsByRoom(value: unknown): Readonly<Record<string, Position>> | undefined {
  if (!isRecord(value)) return undefined
  const entries = Object.entries(value).map(([room, at]) => [room, position(at)] as const)
  if (entries.length > limits.ownRooms) return undefined
  if (!entries.every(([room, at]) => isRoomName(room) && at !== undefined)) return undefined
  return Object.fromEntries(entries) as Record<string, Position>
}

/** Accepts only the canonical base64 of its bytes, so that equal bytes are equal text. */
export function isBase64(value: unknown): value is string {
  if (typeof value !== 'string' || value.length % 4 !== 0) return false
  return /^[A-Za-z0-9+/]*(?:[AQgw]==|[AEIMQUYcgkosw048]=)?$/.test(value)
}

function position(value: unknown): Position | undefined {
  if (!isRecord(value)) return undefined
  const { epoch, offset } = value
  if (typeof epoch !== 'string' || epoch.length === 0 || epoch.length > limits.clientFactLength) return undefined
  return isOffset(offset) ? { epoch, offset } : undefined
}
