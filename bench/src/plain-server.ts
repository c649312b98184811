// The yardstick: a plain `ws` server that speaks just enough of the same frames, with one send() for each member and
// neither tokens nor limits nor books. Prints its address.
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

interface Incoming {
  readonly id?: number
  readonly event: string
  readonly data: { readonly room: string; readonly data?: unknown }
}

const rooms = new Map<string, { readonly members: Set<WebSocket>; offset: number }>()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })

server.on('connection', (socket) => {
  socket.on('message', (bytes: Buffer) => {
    const { id, event, data } = JSON.parse(bytes.toString()) as Incoming
    const room = roomOf(data.room)
    if (event === 'join') join(socket, room.members)
    else if (event === 'publish') {
      room.offset += 1
      const message = {
        event: 'message',
        room: data.room,
        offset: room.offset,
        data: data.data,
        from: { user: 'publisher-0' },
      }
      const text = JSON.stringify(message)
      for (const member of room.members) member.send(text)
    }
    if (id !== undefined) socket.send(JSON.stringify({ id, ok: { offset: room.offset } }))
  })
})
server.on('listening', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`gateway   ws://127.0.0.1:${port}/ws\n`)
})
process.once('disconnect', () => process.exit(0))

function roomOf(name: string): { readonly members: Set<WebSocket>; offset: number } {
  const room = rooms.get(name) ?? { members: new Set(), offset: 0 }
  rooms.set(name, room)
  return room
}

function join(socket: WebSocket, members: Set<WebSocket>): void {
  members.add(socket)
  socket.once('close', () => members.delete(socket))
}
