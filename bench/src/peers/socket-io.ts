// Socket.IO as its documentation shows it, with its own rooms and acknowledgements, over WebSocket only.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { announce, PeerRooms, type Published } from './peer.ts'

type Reply = (answer: { ok: { offset: number } }) => void

// Only numbers the messages; Socket.IO keeps the members itself.
const numbers = new PeerRooms<never>()
const http = createServer()
const io = new Server(http, { transports: ['websocket'], serveClient: false })

io.on('connection', (socket) => {
  socket.on('join', async ({ room }: Published, reply?: Reply) => {
    await socket.join(room)
    reply?.({ ok: { offset: 0 } })
  })
  socket.on('publish', (data: Published, reply?: Reply) => {
    const { event, ...message } = numbers.next(data)
    io.to(data.room).emit(event, message)
    reply?.({ ok: { offset: message.offset } })
  })
})
http.listen(0, '127.0.0.1', () => announce(http.address(), '/socket.io/?EIO=4&transport=websocket'))
