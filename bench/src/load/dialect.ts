import { clientFrame } from './client-frame.ts'

const TEXT = 0x81

/** How one kind of server frames the requests of the bench. */
interface Dialect {
  /** The texts that the server sends before it takes requests, each by its beginning, and what the client answers. */
  readonly welcome: readonly { readonly begins: string; readonly answer?: string }[]
  /** A request as text; without an id the server sends no reply. */
  request(event: string, data: object, id?: number): string
  isReply(text: string, id: number): boolean
}

const gatehouse: Dialect = {
  welcome: [{ begins: '{"event":"connected"' }],
  request: (event, data, id) => JSON.stringify(id === undefined ? { event, data } : { id, event, data }),
  isReply: (text, id) => text.startsWith(`{"id":${id},`),
}

/** WsAdapter routes by `event` and passes on only `data`, so the id goes inside. */
const nest: Dialect = {
  welcome: [],
  request: (event, data, id) => JSON.stringify({ event, data: id === undefined ? data : { id, ...data } }),
  isReply: (text, id) => text.startsWith(`{"event":"reply","data":{"id":${id},`),
}

/** Engine.IO 4 under Socket.IO 5: 0 opens, 40 connects, 42 is an event, 43 its acknowledgement. */
const socketIo: Dialect = {
  welcome: [{ begins: '0{', answer: '40' }, { begins: '40{' }],
  request: (event, data, id) => `42${id ?? ''}${JSON.stringify([event, data])}`,
  isReply: (text, id) => text.startsWith(`43${id}[`),
}

export const dialects = { gatehouse, plain: { ...gatehouse, welcome: [] }, nest, socketIo } as const
export type DialectName = keyof typeof dialects

export function requestFrame(dialect: DialectName, event: string, data: object, id?: number): Buffer {
  return clientFrame(TEXT, Buffer.from(dialects[dialect].request(event, data, id)))
}
