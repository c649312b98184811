// The yardstick: a plain `ws` server that knows only the frames that the bench needs. One send() for each member; no
// tokens, limits or books.
import { WebSocketServer, type WebSocket } from 'ws'
import { announce, PeerRooms, type Published } from './peer.ts'

interface Incoming {
  readonly id?: number
  readonly event: string
  readonly data: Published
}

const rooms = new PeerRooms<WebSocket>()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })

server.on('connection', (socket) => {
  socket.on('message', (bytes: Buffer) => {
    const { id, event, data } = JSON.parse(bytes.toString()) as Incoming
    const offset = event === 'join' ? rooms.join(data.room, socket) : publish(data)
    if (id !== undefined) socket.send(JSON.stringify({ id, ok: { offset } }))
  })
  socket.once('close', () => rooms.leaveAll(socket))
})
server.on('listening', () => announce(server.address(), '/ws'))

function publish(data: Published): number {
  const message = rooms.next(data)
  const text = JSON.stringify(message)
  for (const member of rooms.membersOf(data.room)) member.send(text)
  return message.offset
}
